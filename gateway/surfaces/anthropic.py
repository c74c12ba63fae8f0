"""Anthropic's API, as its SDKs speak it: ``/v1/messages``, its count of tokens, and the list of models under ``/anthropic``."""

from typing import Final, cast

from litestar import Router, asgi, get
from litestar.types import HTTPScope, Receive, Scope, Send

from gateway.dialects.types import DialectName
from gateway.service import Gateway
from gateway.surfaces.openai import Surface
from gateway.types import Operation

__all__ = ("router",)

PREFIXES: Final = ("/v1", "/anthropic/v1", "/gateway/anthropic/v1")
STARTED: Final = "2026-06-01T00:00:00Z"
"""``created_at`` of every model in the list: nobody knows when a vendor's model was made."""


def router(gateway: Gateway, max_body_bytes: int = 100 * 1024 * 1024) -> Router:
    """The paths of this dialect."""
    surface = Surface(gateway, max_body_bytes, DialectName.ANTHROPIC)

    @asgi([f"{prefix}/messages" for prefix in PREFIXES], copy_scope=False)
    async def messages(scope: Scope, receive: Receive, send: Send) -> None:
        await surface.serve(Operation.CHAT, cast("HTTPScope", scope), receive, send)

    @asgi([f"{prefix}/messages/count_tokens" for prefix in PREFIXES], copy_scope=False)
    async def count_tokens(scope: Scope, receive: Receive, send: Send) -> None:
        await surface.count(cast("HTTPScope", scope), receive, send, lambda tokens: {"input_tokens": tokens})

    @get([f"{prefix}/models" for prefix in PREFIXES[1:]], sync_to_thread=False)
    def models() -> dict[str, object]:
        names = gateway.models()
        listed = [{"type": "model", "id": name, "display_name": name, "created_at": STARTED} for name in names]
        return {"data": listed, "has_more": False, "first_id": names[0] if names else None, "last_id": names[-1] if names else None}

    return Router("/", route_handlers=[messages, count_tokens, models], include_in_schema=False)
