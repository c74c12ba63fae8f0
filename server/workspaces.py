"""Which workspace our own API and the pages look into.

A request of the API names it in MLflow's header or in its address. A page shows the one that its address names, as the addresses that
MLflow's client prints do, and from then on the one in the browser's cookie. The caller needs a role there.
"""

import re
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qs

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from registry.access.types import CALLER
from registry.errors import InvalidParameterValue, RegistryError
from registry.workspaces.book import WorkspaceBook
from registry.workspaces.scope import DEFAULT, WORKSPACE
from server.dialects import Refusal
from server.guard import answer
from server.ui.workspaces import OFFERED
from server.workspace_of import workspace_of

__all__ = ("with_workspaces",)

COOKIE: Final = "tidegate-workspace"
API: Final = "/api/v1/"
PAGES: Final = re.compile(
    r"/(?:(?:traces|sessions|experiments|runs|logged-models|models|prompts|mcp-servers|skills|judges|datasets|queues|keys|users|webhooks|ui)(?:/.*)?"
    r"|compare-runs|gateway|playground|welcome)?"
)
FRAME: Final = "/static-files/"
"""What notebooks show of a trace: it is named by what nobody guesses, and its reader's cookie may not come along."""

HINT: Final = "GET /api/3.0/mlflow/workspaces lists those that you may enter."


def with_workspaces(app: ASGIApp, book: WorkspaceBook) -> ASGIApp:
    """Lead the API and the pages into a workspace. What else ``app`` answers is in the default one."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["path"].startswith(FRAME):
            await app(scope, receive, send)
        elif scope["path"].startswith(API):
            await _answer_api(scope, receive, send)
        elif PAGES.fullmatch(scope["path"]):
            await _show_page(scope, receive, send)
        elif book.divided:
            await _in_default(scope, receive, send)
        else:
            await app(scope, receive, send)

    async def _answer_api(scope: HTTPScope, receive: Receive, send: Send) -> None:
        try:
            with book.entered(_named(scope)):
                await app(scope, receive, send)
        except RegistryError as error:
            await answer(scope, _refusal(error), send, CALLER.get())

    async def _show_page(scope: HTTPScope, receive: Receive, send: Send) -> None:
        token = OFFERED.set(book.opened())
        try:
            named = _named(scope)
            with book.entered(named or (known if (known := _remembered(scope)) and book.opens(known) else "")):
                await app(scope, receive, _remembering(send, named) if named and book.divided else send)
        except RegistryError as error:
            await _refuse_page(scope, _refusal(error), send)
        finally:
            OFFERED.reset(token)

    async def _in_default(scope: HTTPScope, receive: Receive, send: Send) -> None:
        token = WORKSPACE.set(DEFAULT)
        try:
            await app(scope, receive, send)
        finally:
            WORKSPACE.reset(token)

    return serve


def _named(scope: HTTPScope) -> str:
    """The workspace that a request asks for, ``""`` where it names none. Raises ``InvalidParameterValue``."""
    if header := workspace_of(scope):
        return header
    if b"workspace=" not in scope["query_string"]:
        return ""
    named = parse_qs(scope["query_string"].decode("latin-1")).get("workspace", [""])[0].strip()
    if not named.isascii():
        raise InvalidParameterValue("Workspace names are lowercase alphanumeric characters and hyphens.")
    return named


def _remembered(scope: HTTPScope) -> str:
    sent = dict(scope["headers"]).get(b"cookie", b"")
    try:
        found = SimpleCookie(sent.decode("latin-1")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _remembering(send: Send, workspace: str) -> Send:
    """The name is one of a workspace that was entered, so it holds nothing that a header must not."""
    cookie = f"{COOKIE}={workspace}; Path=/; HttpOnly; SameSite=Lax"

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"set-cookie", cookie.encode())]
        await send(message)

    return sending


def _refusal(error: RegistryError) -> Refusal:
    return Refusal(status=error.status, code=error.error_code.lower(), message=error.message, hint=HINT)


async def _refuse_page(scope: HTTPScope, refusal: Refusal, send: Send) -> None:
    from server.ui.pages.refusals import refusal_page  # a gateway's server may never show a page

    headers, body = refusal_page(scope, refusal, CALLER.get())
    sent = [(name.encode(), value.encode()) for name, value in {**headers, "content-length": str(len(body))}.items()]
    await send({"type": "http.response.start", "status": refusal.status, "headers": sent})
    await send({"type": "http.response.body", "body": body, "more_body": False})
