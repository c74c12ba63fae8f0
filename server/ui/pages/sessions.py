"""``/sessions/{id}``: the traces of one conversation, in the order they happened."""

from datetime import UTC, datetime

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from server.ui.pages.page import Services, page
from server.ui.query import quoted

__all__ = ("session",)

TURNS = 200
"""Turns that are shown; the page says when there are more."""


@get("/sessions/{path:path}")
async def session(path: FromPath[str], services: Services) -> Response[str]:
    """Every turn with what was asked and answered. A session id is any text, slashes included."""
    session_id = path.removeprefix("/")
    found = await services.traces.search(f"session = {quoted(session_id)}", order="start_time", limit=TURNS)
    if not found.traces:
        raise NotFoundException(f"No trace belongs to session {session_id!r}.")
    return page(
        services, "session.html", title=f"Session {session_id}", section="traces", session_id=session_id, found=found, now=datetime.now(UTC)
    )
