"""What a benchmark measures, as data."""

from pathlib import Path

import msgspec

__all__ = ("Load", "Sample", "StartedSystem", "Summary", "System")


class System(msgspec.Struct, frozen=True, kw_only=True):
    """A thing that answers chat completions: how it is started and how it is called.

    ``command`` is empty for the upstream itself; ``url`` may hold ``{base}``, which the command then prints as its first line.
    """

    name: str
    command: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    url: str
    ready_url: str = ""
    headers: dict[str, str] = {}
    model: str = "mock-model"
    needs: Path | None = None


class StartedSystem(msgspec.Struct, frozen=True, kw_only=True):
    """A running system: process id (``None`` for the upstream), final URL, and the seconds until its first answer."""

    system: System
    pid: int | None
    url: str
    start_seconds: float | None


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement to take: open connections, how long, in seconds, and what is asked (``bench.questions``)."""

    connections: int
    seconds: float
    question: str = "short"


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement taken: requests a second, latencies in milliseconds, answers that were not 2xx."""

    requests_per_second: float
    p50_ms: float
    p99_ms: float
    errors: int


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Medians over all rounds of one system, by number of connections. Memory is resident megabytes of the whole process tree."""

    name: str
    samples: dict[int, Sample]
    memory_mb: float | None
    start_seconds: float | None
