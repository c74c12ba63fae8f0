"""Judges over ``/api/v1/judges``: what they are, what they did, and the runs that cron starts."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.exceptions import ClientException
from litestar.params import FromPath, JSONBody

from evals.agreement import Agreement
from evals.errors import EvalsError, InvalidWindow
from evals.missing import Window
from evals.service import JudgeService
from evals.types import Judgement, JudgeReport, RunProgress, Why
from storage.errors import Unavailable as StorageUnavailable
from tracing.errors import TracingError

__all__ = ("JudgeDetail", "Judges", "NewRun", "router", "window")

AnyRequest = Request[Any, Any, Any]

_AGE = re.compile(r"(\d+)([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class NewRun(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A run as a client asks for it: ages (``1h``) or RFC 3339 times."""

    since: str
    until: str | None = None
    limit: int | None = None


class Judges(msgspec.Struct, frozen=True):
    """A list of all judges."""

    judges: list[JudgeReport]


class JudgeDetail(msgspec.Struct, frozen=True):
    """One judge, its figures, how far people agree with it, and its newest failures."""

    report: JudgeReport
    failures: list[Judgement]
    agreement: Agreement


def router(service: JudgeService) -> Router:
    """The routes under ``/api/v1/judges``."""

    @get("/")
    async def index() -> Judges:
        """All judges, by name."""
        return Judges(await service.reports())

    @get("/{name:str}")
    async def show(name: FromPath[str]) -> JudgeDetail:
        """One judge, with its newest failures."""
        return JudgeDetail(await service.report(name), await service.failures(name), await service.agreement(name))

    @post("/{name:str}/runs", status_code=202)
    async def start(name: FromPath[str], data: JSONBody[NewRun]) -> RunProgress:
        """Judge what the judge has not judged in a window of the past."""
        return service.start_run(name, window(data), data.limit)

    @get("/runs/{run_id:str}", sync_to_thread=False)
    def progress(run_id: FromPath[str]) -> RunProgress:
        """How far a run is."""
        return service.run(run_id)

    @get("/{name:str}/why/{trace_id:str}")
    async def why(name: FromPath[str], trace_id: FromPath[str]) -> Why:
        """Why a trace has the score it has, or none."""
        return await service.why(name, trace_id.removeprefix("tr-"))

    return Router(
        "/api/v1/judges",
        route_handlers=[index, show, start, progress, why],
        exception_handlers={EvalsError: _failed, TracingError: _failed, StorageUnavailable: _away, ClientException: _unreadable},
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


def _failed(_: AnyRequest, error: EvalsError | TracingError) -> Response[Any]:
    return _answer(error.status, error.code, str(error), error.hint)


def _away(_: AnyRequest, error: StorageUnavailable) -> Response[Any]:
    return _answer(503, error.code, str(error), "Nothing is lost: judges go on when it is back. /health says more.")


def _unreadable(_: AnyRequest, error: ClientException) -> Response[Any]:
    """What the framework refused before a handler ran: a body of the wrong shape."""
    found = error.extra if isinstance(error.extra, list) else []
    reasons = "; ".join(" ".join(filter(None, (item.get("key", ""), item.get("message", "")))) for item in found) or error.detail
    return _answer(error.status_code, "request_invalid", f"the request cannot be read: {reasons}", "See docs/judges.md.")


def _answer(status: int, code: str, message: str, hint: str) -> Response[Any]:
    return Response({"error": {"code": code, "message": message, "hint": hint}}, status_code=status, media_type="application/json")
