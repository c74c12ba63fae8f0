"""The routes that tell whether the server is alive and ready, which version it is, and its figures for Prometheus."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Literal, Protocol

import msgspec
from litestar import Response, Router, get
from litestar.handlers import HTTPRouteHandler

from server.fleet import Targets, WorkerCondition
from server.version import MLFLOW_VERSION, VERSION
from storage.records import JournalStats
from tracing.figures import Subject, Tally

__all__ = ("Condition", "Health", "router")


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """The condition of the parts.

    ``storage_error`` is why the telemetry database does not answer, ``None`` when it does. ``config_error`` is why the newest configuration
    file was refused; the one before it is running. ``restart_needed`` are changed keys that take effect at a restart.
    """

    storage_ready: bool
    storage_error: str | None
    journal: JournalStats
    config_version: int
    config_error: str | None
    restart_needed: tuple[str, ...] = ()
    started_seconds_ago: float
    role: Literal["all", "gateway"] = "all"
    workers: tuple[WorkerCondition, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether to send requests here: a server needs its telemetry database for that, a gateway process does not."""
        return (self.storage_ready or self.role == "gateway") and (not self.workers or any(each.state == "ok" for each in self.workers))

    @property
    def complete(self) -> bool:
        """Whether everything runs as configured, and nothing was lost."""
        workers = all(each.state == "ok" for each in self.workers)
        return workers and self.journal.dropped == 0 and self.config_error is None and not self.restart_needed


class Health(Protocol):
    """Tells the condition and the figures of the server."""

    async def look(self) -> None:
        """Ask the other processes of the server, if there are any, how they are."""
        ...

    def condition(self) -> Condition:
        """The condition, from memory: no database is asked."""
        ...

    def tallies(self) -> Mapping[Subject, Tally]:
        """Counts of the gateway's requests."""
        ...

    def targets(self) -> Sequence[Targets | None]:
        """The targets that each process watches, this process first; ``None`` for one that does not answer."""
        ...


def _report(condition: Condition) -> dict[str, Any]:
    healthy = condition.storage_ready and condition.storage_error is None and condition.journal.last_error is None
    return {"status": "ok" if healthy and condition.complete else "degraded", "version": VERSION, **msgspec.structs.asdict(condition)}


def router(health: Health) -> Router:
    """Serve ``/health`` (always 200 while the process answers), ``/ready`` (503 until storage is open), ``/version``, ``/metrics``."""
    return Router("/", route_handlers=[*_health_handlers(health), _version_handler(), _metrics_handler(health)], include_in_schema=False)


def _health_handlers(health: Health) -> list[HTTPRouteHandler]:
    @get("/health")
    async def alive() -> dict[str, Any]:
        await health.look()
        return _report(health.condition())

    @get("/ready")
    async def ready() -> Response[dict[str, Any]]:
        await health.look()
        found = health.condition().ready
        return Response({"ready": found}, status_code=200 if found else 503)

    return [alive, ready]


def _version_handler() -> HTTPRouteHandler:
    @get("/version", media_type="text/plain", sync_to_thread=False)
    def version() -> str:
        return f"{MLFLOW_VERSION}+tidegate.{VERSION}"

    return version


def _metrics_handler(health: Health) -> HTTPRouteHandler:
    @cache
    def text() -> Callable[[], bytes]:
        from server.metrics import exposition  # loaded when Prometheus first asks

        return exposition(health)

    @get("/metrics", media_type="text/plain; version=0.0.4; charset=utf-8")
    async def metrics() -> bytes:
        await health.look()
        return text()()

    return metrics
