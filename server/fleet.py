"""The gateway processes beside this one, as whoever shows the state of the whole server sees them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

import msgspec
from typing_extensions import override

from storage.records import JournalStats
from tracing.figures import Subject, Tally

__all__ = ("Alone", "Fleet", "Targets", "WorkerCondition", "with_dropped")

Targets = Sequence[tuple[str, str, str, int]]
"""See ``gateway.service.Gateway.target_states``."""


class WorkerCondition(msgspec.Struct, frozen=True, kw_only=True):
    """The condition of a worker: ``stuck`` does not answer, ``away`` does not run; the figures of both are ``None``.

    ``requests`` are those under way; ``tasks`` are those of its event loop.
    """

    number: int
    state: Literal["ok", "stuck", "away"]
    requests: int | None = None
    tasks: int | None = None
    resident_bytes: int | None = None
    cpu_seconds: float | None = None


class Fleet(Protocol):
    """All workers of this server. Figures only ever grow: those of a worker that has ended are kept."""

    async def look(self) -> None:
        """Ask all workers, so that everything else here is current. A stuck worker is waited for once, for a second."""
        ...

    def conditions(self) -> tuple[WorkerCondition, ...]:
        """The condition of each worker that should run."""
        ...

    def targets(self) -> Sequence[Targets | None]:
        """The targets that each worker watches; ``None`` for a worker that does not answer."""
        ...

    def tallies(self) -> Sequence[Mapping[Subject, Tally]]:
        """Counts of the requests of all workers."""
        ...

    def dropped(self) -> Mapping[str, int]:
        """Records that workers could not journal, by table."""
        ...


class Alone(Fleet):
    """A server without workers."""

    @override
    async def look(self) -> None:
        return

    @override
    def conditions(self) -> tuple[WorkerCondition, ...]:
        return ()

    @override
    def targets(self) -> Sequence[Targets | None]:
        return ()

    @override
    def tallies(self) -> Sequence[Mapping[Subject, Tally]]:
        return ()

    @override
    def dropped(self) -> Mapping[str, int]:
        return {}


def with_dropped(stats: JournalStats, dropped: Mapping[str, int]) -> JournalStats:
    """``stats``, with what others dropped of the journal that they share."""
    if not dropped:
        return stats
    by_table = Counter(stats.dropped_by_table)
    by_table.update(dropped)
    return msgspec.structs.replace(stats, dropped=by_table.total(), dropped_by_table=dict(by_table))
