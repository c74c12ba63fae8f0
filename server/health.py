"""Is it alive, is it ready, which version, and the figures for Prometheus."""

from collections.abc import Callable
from functools import cache
from typing import Any, Literal, Protocol

import msgspec
from litestar import Response, Router, get
from litestar.handlers import HTTPRouteHandler

from server.version import MLFLOW_VERSION, VERSION
from storage.records import JournalStats
from tracing.figures import Figures

__all__ = ("Condition", "Health", "router")


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """How the parts are.

    ``storage_error`` is why the telemetry database does not answer, ``None`` when it does; ``config_error`` is why the newest configuration
    file was refused (the one before it is running). ``restart_needed`` are keys of the running configuration that only a restart brings about.
    """

    storage_ready: bool
    storage_error: str | None
    journal: JournalStats
    config_version: int
    config_error: str | None
    restart_needed: tuple[str, ...] = ()
    started_seconds_ago: float
    role: Literal["all", "gateway"] = "all"

    @property
    def ready(self) -> bool:
        """Whether to send requests here: whoever asks for traces needs their database, a gateway answers without it."""
        return self.storage_ready or self.role == "gateway"


class Health(Protocol):
    """Who knows the condition."""

    figures: Figures
    """What passed through the gateway."""

    def condition(self) -> Condition:
        """Answer from memory: no database is asked."""
        ...


def _report(condition: Condition) -> dict[str, Any]:
    healthy = condition.storage_ready and condition.storage_error is None and condition.journal.last_error is None
    complete = condition.journal.dropped == 0 and condition.config_error is None and not condition.restart_needed
    return {"status": "ok" if healthy and complete else "degraded", "version": VERSION, **msgspec.structs.asdict(condition)}


def router(health: Health) -> Router:
    """Serve ``/health`` (always 200 while the process answers), ``/ready`` (503 until storage is open), ``/version``, ``/metrics``."""
    return Router("/", route_handlers=[*_health_handlers(health), _version_handler(), _metrics_handler(health)], include_in_schema=False)


def _health_handlers(health: Health) -> list[HTTPRouteHandler]:
    @get("/health", sync_to_thread=False)
    def alive() -> dict[str, Any]:
        return _report(health.condition())

    @get("/ready", sync_to_thread=False)
    def ready() -> Response[dict[str, Any]]:
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

    @get("/metrics", media_type="text/plain; version=0.0.4; charset=utf-8", sync_to_thread=False)
    def metrics() -> bytes:
        return text()()

    return metrics
