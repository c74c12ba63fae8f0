"""HEAD wherever GET is answered (RFC 9110 section 9.3.2): for checks that a page is up, and links that are looked at before they are followed.

The server sends no body to HEAD (``server.http.cycle``), so the framework may make one: its head is the one of GET, length and all.
"""

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from server.guard import GATEWAY_PATHS

__all__ = ("answering_head",)


def answering_head(app: ASGIApp) -> ASGIApp:
    """``app``, with HEAD answered as GET. The gateway's paths are left alone, since their requests go to vendors."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["method"] == "HEAD" and not scope["path"].startswith(GATEWAY_PATHS):
            scope = {**scope, "method": "GET"}
        await app(scope, receive, send)

    return serve
