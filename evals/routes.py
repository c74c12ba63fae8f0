"""Judges over ``/api/v1/judges``: what they are, what they did, and the runs that cron starts."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from litestar import Request, Response, Router, get, post

from evals.errors import EvalsError, InvalidWindow
from evals.missing import Window
from evals.service import JudgeService
from evals.types import Judgement, JudgeReport, RunProgress, Why
from tracing.errors import TracingError

__all__ = ("NewRun", "router")

_AGE = re.compile(r"(\d+)([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class NewRun(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A run as a client asks for it: ages (``1h``) or RFC 3339 times."""

    since: str
    until: str | None = None
    limit: int | None = None


class Judges(msgspec.Struct, frozen=True):
    """All judges."""

    judges: list[JudgeReport]


class JudgeDetail(msgspec.Struct, frozen=True):
    """One judge, its figures and its newest failures."""

    report: JudgeReport
    failures: list[Judgement]


def router(service: JudgeService) -> Router:
    """The paths of judges."""

    @get("/")
    async def index() -> Judges:
        return Judges(await service.reports())

    @get("/{name:str}")
    async def show(name: str) -> JudgeDetail:
        return JudgeDetail(await service.report(name), await service.failures(name))

    @post("/{name:str}/runs", status_code=202)
    async def start(name: str, data: NewRun) -> RunProgress:
        return service.start_run(name, window(data), data.limit)

    @get("/runs/{run_id:str}", sync_to_thread=False)
    def progress(run_id: str) -> RunProgress:
        return service.run(run_id)

    @get("/{name:str}/why/{trace_id:str}")
    async def why(name: str, trace_id: str) -> Why:
        return await service.why(name, trace_id.removeprefix("tr-"))

    return Router(
        "/api/v1/judges",
        route_handlers=[index, show, start, progress, why],
        exception_handlers={EvalsError: _failed, TracingError: _failed},
        tags=["judges"],
    )


def window(new: NewRun) -> Window:
    """The window that a run asks for. Raises ``InvalidWindow``."""
    if new.limit is not None and new.limit < 1:
        raise InvalidWindow("limit must be at least 1")
    now = datetime.now(UTC)
    since, until = _moment("since", new.since, now), _moment("until", new.until, now) if new.until else None
    if until is not None and until <= since:
        raise InvalidWindow("until is not after since")
    return Window(since_ns=_nanoseconds(since), until_ns=_nanoseconds(until) if until else None)


def _moment(name: str, text: str, now: datetime) -> datetime:
    age = _AGE.fullmatch(text.strip())
    try:
        if age:
            return now - timedelta(**{_UNITS[age[2]]: int(age[1])})
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise InvalidWindow(f"{name}={text!r} is neither an age nor a time", hint="write 1h, 7d or 2026-11-23T12:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1000


def _failed(_: Request[Any, Any, Any], error: EvalsError | TracingError) -> Response[Any]:
    return Response({"error": {"code": error.code, "message": str(error), "hint": error.hint}}, status_code=error.status)
