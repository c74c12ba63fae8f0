"""Which workspace pages show: the one that an address names, as those do that MLflow's client prints, and from then on the browser's cookie.

Only pages of experiments, and of what is in them, look into other workspaces; whoever asks needs a role there.
"""

import re
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qs

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from registry.workspaces.book import WorkspaceBook
from registry.workspaces.scope import DEFAULT, WORKSPACE

__all__ = ("with_workspace_of_pages",)

COOKIE: Final = "tidegate-workspace"
PAGES: Final = re.compile(r"/(?:(?:experiments|runs|logged-models|datasets|queues)(?:/.*)?|compare-runs|ui/chart)")


def with_workspace_of_pages(app: ASGIApp, book: WorkspaceBook) -> ASGIApp:
    """Lead pages into a workspace. What else ``app`` answers is in the default one."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or not book.divided:
            await app(scope, receive, send)
            return
        named = _named(scope)
        chosen = named or _remembered(scope)
        token = WORKSPACE.set(chosen if PAGES.fullmatch(scope["path"]) and book.opens(chosen) else DEFAULT)
        try:
            await app(scope, receive, _remembering(send, named) if named and book.opens(named) else send)
        finally:
            WORKSPACE.reset(token)

    return serve


def _named(scope: HTTPScope) -> str:
    if b"workspace=" not in scope["query_string"] or not PAGES.fullmatch(scope["path"]):
        return ""
    return parse_qs(scope["query_string"].decode("latin-1")).get("workspace", [""])[0].strip()


def _remembered(scope: HTTPScope) -> str:
    sent = dict(scope["headers"]).get(b"cookie", b"")
    try:
        found = SimpleCookie(sent.decode("latin-1")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _remembering(send: Send, workspace: str) -> Send:
    """The name is one of a workspace that is there, so it holds nothing that a header must not."""
    cookie = f"{COOKIE}={workspace}; Path=/; HttpOnly; SameSite=Lax"

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"set-cookie", cookie.encode())]
        await send(message)

    return sending
