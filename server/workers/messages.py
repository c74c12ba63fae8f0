"""What core and workers say to each other: frames as between server and store process, over a Unix socket that only this user may open."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from config.schema import Settings
from gateway.keys.types import VirtualKey
from gateway.limits.events import BudgetEvent
from gateway.limits.types import Amounts, Charge, Counter, Granted, Refused
from gateway.prompts import RenderedPrompt
from registry.gateway_admin.types import Tracked
from server.fleet import Targets
from server.workers.in_force import InForce, taken
from storage.process.messages import framed, reveal
from tracing.figures import Subject, Tally

__all__ = (
    "Ask",
    "Exhausted",
    "Hello",
    "Now",
    "Render",
    "Rendered",
    "Report",
    "Reserve",
    "Reserved",
    "Seen",
    "Settle",
    "ToCore",
    "ToWorker",
    "frame",
    "to_core",
    "to_worker",
)


class Now(msgspec.Struct, frozen=True, tag="now"):
    """Everything that a worker goes by. Sent when a worker connects, and after each change.

    ``settings`` include what was set up through MLflow's API.
    """

    in_force: InForce
    keys: dict[bytes, VirtualKey]
    tracked: dict[str, Tracked]

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.in_force.settings


class Reserved(msgspec.Struct, frozen=True, tag="reserved"):
    """Refused, or else granted. ``at``: when, in nanoseconds of a clock that the next core has, too.

    ``amounts`` and ``left`` are ``Granted``'s; ``charges`` are those that were asked for, where it is ``None``.
    """

    id: int
    at: int
    amounts: tuple[int, ...] = ()
    left: tuple[int, ...] = ()
    charges: tuple[Charge, ...] | None = None
    refused: Refused | None = None


class Rendered(msgspec.Struct, frozen=True, tag="rendered"):
    """A rendered prompt, or the error: the code of one of ``gateway.errors``, and its message."""

    id: int
    prompt: RenderedPrompt | None = None
    error: str = ""
    message: str = ""


class Ask(msgspec.Struct, frozen=True, tag="ask"):
    """Report; and before, forget the kept answers of a route, ``""`` for all. ``storage_error``: why nothing is stored now."""

    id: int
    clear: str | None = None
    storage_error: str | None = None


class Seen(msgspec.Struct, frozen=True):
    """Where a counter stood (``used`` and ``reserved`` together) when the core granted or refused something at ``at``."""

    counter: Counter
    at: int
    total: int
    ends: int


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """The first message of a worker; what an earlier core had granted to it and was not told the end of, and where counters stood then."""

    number: int
    open: tuple[Granted, ...] = ()
    seen: tuple[Seen, ...] = ()


class Reserve(msgspec.Struct, frozen=True, tag="reserve"):
    """See ``gateway.limits.ledger.Ledger.reserve``."""

    id: int
    reservation: str
    charges: tuple[Charge, ...]
    now: float


class Settle(msgspec.Struct, frozen=True, tag="settle"):
    """See ``gateway.limits.ledger.Ledger.settle``. Not answered."""

    reservation: str
    amounts: Amounts


class Exhausted(msgspec.Struct, frozen=True, tag="exhausted"):
    """A budget refused a request. Not answered."""

    event: BudgetEvent


class Render(msgspec.Struct, frozen=True, tag="render"):
    """See ``gateway.prompts.PromptSource``."""

    id: int
    name: str
    selector: str
    variables: Mapping[str, str | int | float]


class Report(msgspec.Struct, frozen=True, tag="report"):
    """What a worker has counted since its start, which targets it watches, records it dropped, and how it is; answers it forgot now.

    ``requests`` are under way, also those that go to the core; ``tasks`` are those of its loop.
    """

    id: int
    tallies: Sequence[tuple[Subject, Tally]]
    targets: Targets
    dropped: Mapping[str, int]
    requests: int
    tasks: int
    resident_bytes: int
    cpu_seconds: float
    cleared: int = 0


ToCore = Hello | Reserve | Settle | Exhausted | Render | Report
ToWorker = Now | Reserved | Rendered | Ask

to_core: Final = msgspec.msgpack.Decoder(ToCore)
to_worker: Final = msgspec.msgpack.Decoder(ToWorker, dec_hook=taken)


def frame(message: ToCore | ToWorker) -> bytes:
    """A message, ready to be written."""
    return framed(message, _encoder)


def _sent(value: object) -> object:
    return value.settings if isinstance(value, InForce) else reveal(value)


_encoder: Final = msgspec.msgpack.Encoder(enc_hook=_sent)
