"""A refusal of the server's gate as a page: who is signed in, what they lack, and whom to ask."""

from collections.abc import Mapping
from http import HTTPStatus

from litestar.types import HTTPScope

from registry.access.types import Caller
from server.dialects import Refusal
from server.ui.headers import SECURITY_HEADERS
from server.ui.templates import render
from server.ui.workspaces import workspace_frame

__all__ = ("refusal_page",)


def refusal_page(scope: HTTPScope, refusal: Refusal, caller: Caller | None) -> tuple[Mapping[str, str], bytes]:
    """Headers and body; a card where htmx asked for a piece of a page."""
    context = {"status": refusal.status, "message": refusal.message, "hint": refusal.hint}
    if any(name == b"hx-request" for name, _ in scope["headers"]):
        text = render("error_card.html", **context)
    else:
        phrase = HTTPStatus(refusal.status).phrase
        frame = {
            "title": phrase,
            "section": "",
            "notices": [],
            "version": "",
            "user": caller.user.username if caller else "",
            **workspace_frame(),
        }
        text = render("error.html", phrase=phrase, **frame, **context)
    return {**SECURITY_HEADERS, "content-type": "text/html; charset=utf-8", "cache-control": "no-store"}, text.encode()
