"""What every page shares: the frame around it, notices, and errors."""

import logging
from collections.abc import Mapping
from difflib import get_close_matches
from http import HTTPStatus
from typing import Any, Final

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.exceptions import HTTPException
from litestar.params import SkipValidation

from config.schema import Settings
from registry.access.types import CALLER
from registry.workspaces.scope import current
from server.health import Condition
from server.ui.headers import SECURITY_HEADERS
from server.ui.services import UiServices
from server.ui.workspaces import OFFERED, workspace_frame
from storage.errors import Unavailable as StorageUnavailable

__all__ = ("Services", "base_url", "error_page", "fragment", "notices", "page")

PAGES: Final = (
    "traces",
    "prompts",
    "judges",
    "gateway",
    "experiments",
    "runs",
    "models",
    "mcp-servers",
    "skills",
    "sessions",
    "welcome",
    "playground",
)
"""The first words of the addresses of pages."""

_log: Final = logging.getLogger(__name__)

Services = NamedDependency[SkipValidation[UiServices]]
"""The services, as handlers ask for them. Protocols cannot be validated, so Litestar is told not to."""


def page(services: UiServices, template: str, *, title: str, section: str, status: int = 200, **context: Any) -> Response[str]:
    """A whole page. ``section`` is the entry of the navigation that is marked."""
    caller = CALLER.get()
    frame = {"title": title, "section": section, "notices": notices(services.condition()), "version": services.version}
    return _html(template, {**frame, **workspace_frame(), "user": caller.user.username if caller else "", **context}, status)


def fragment(template: str, *, headers: Mapping[str, str] | None = None, **context: Any) -> Response[str]:
    """A piece of a page, for htmx to put in place."""
    return _html(template, context, 200, headers)


def notices(condition: Condition) -> list[str]:
    """What a reader must know before trusting a page; nothing when all is stored and runs as configured."""
    journal = condition.journal
    found = []
    if journal.dropped:
        found.append(f"{journal.dropped:,} records were dropped since the start: the journal is full. What you see is incomplete.")
    if journal.last_error or condition.storage_error:
        found.append(
            f"Storage does not answer. Pages may be stale; {journal.pending:,} records wait in the journal and nothing of them is lost."
        )
    if condition.config_error:
        found.append(f"The newest configuration is not taken, the one before it runs on: {condition.config_error.splitlines()[0]}")
    if missing := [each for each in condition.workers if each.state != "ok"]:
        told = ", ".join(f"{each.number} {'does not answer' if each.state == 'stuck' else 'is away'}" for each in missing)
        found.append(f"Of {len(condition.workers)} workers, {told}: what is live there is not known.")
    if condition.restart_needed:
        found.append(f"Changed, and waiting for a restart: {', '.join(condition.restart_needed)}.")
    return found


def base_url(request: Request[Any, Any, Any], settings: Settings) -> str:
    """The address that users type: the configured one, else the one this request came to."""
    return (settings.server.public_url or f"{request.url.scheme}://{request.url.netloc}").rstrip("/")


def error_page(request: Request[Any, Any, Any], error: Exception) -> Response[str]:
    """An error as a page, or as a card when htmx asked. Says what is wrong and how to go on; never a stack trace."""
    status, message, hint = _explain(error, request.url.path)
    caller = CALLER.get()
    if status == HTTPStatus.FORBIDDEN and caller is not None:
        hint = hint or f"You are signed in as {caller.user.username!r}. Ask an administrator for a permission on what this page shows."
    if status >= 500:
        _log.error("page failed: path=%s status=%d error=%s", request.url.path, status, type(error).__name__, exc_info=error)
    if status == HTTPStatus.NOT_FOUND and len(OFFERED.get()) > 1:
        hint = f"{hint} You are in the workspace {current()!r}; it may be in another one.".lstrip()
    context = {"status": status, "phrase": HTTPStatus(status).phrase, "message": message, "hint": hint}
    if request.headers.get("hx-request") == "true":
        return _html("error_card.html", context, status)
    frame = {"title": context["phrase"], "section": "", "notices": [], "version": "", "user": caller.user.username if caller else ""}
    return _html("error.html", {**frame, **workspace_frame(), **context}, status)


def _explain(error: Exception, path: str) -> tuple[int, str, str]:
    """Status, message and hint: our own errors carry all three, Litestar's two, any other none that a reader should see."""
    if isinstance(error, HTTPException):
        if error.status_code == 404 and error.detail in {"", HTTPStatus.NOT_FOUND.phrase}:
            return 404, "There is no page at this address.", _nearest(path)
        return error.status_code, error.detail, ""
    if isinstance(error, StorageUnavailable):
        return 503, "Storage does not answer now.", "What arrives meanwhile is kept in the journal. Try again in a moment."
    status = getattr(error, "status", None)
    if isinstance(status, int):
        return status, str(getattr(error, "message", error)), str(getattr(error, "hint", ""))
    return 500, "Something failed on the server. Its log says what.", ""


def _nearest(path: str) -> str:
    """The page whose address is most like ``path``, as a sentence; ``""`` when none is like it."""
    first = path.strip("/").partition("/")[0].lower()
    close = get_close_matches(first, PAGES, n=1)
    return f"Did you mean /{close[0]}?" if close else ""


def _html(template: str, context: Mapping[str, Any], status: int, headers: Mapping[str, str] | None = None) -> Response[str]:
    from server.ui.templates import render  # loaded for the first page: a gateway's server may never show one

    extra = {**SECURITY_HEADERS, "cache-control": "no-store", **(headers or {})}
    return Response(render(template, **context), media_type=MediaType.HTML, status_code=status, headers=extra)
