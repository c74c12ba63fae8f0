"""Anthropic's API, as its SDKs speak it: ``/v1/messages``, its count of tokens, and the list of models under ``/anthropic``."""

from typing import Final, cast

import msgspec
from litestar import Response, Router, asgi, get
from litestar.params import FromPath
from litestar.types import HTTPScope, Receive, Scope, Send

from gateway.dialects.types import DialectName
from gateway.errors import ModelNotFound
from gateway.render import error_body
from gateway.service import Gateway
from gateway.surfaces.listing import anthropic_model, anthropic_models
from gateway.surfaces.openai import Surface
from gateway.types import Operation

__all__ = ("router",)

PREFIXES: Final = ("/v1", "/anthropic/v1", "/gateway/anthropic/v1")


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
        return anthropic_models(gateway)

    @get([f"{prefix}/models/{{name:path}}" for prefix in PREFIXES[1:]], sync_to_thread=False)
    def model(name: FromPath[str]) -> Response[bytes]:
        wanted = name.removeprefix("/")
        if gateway.knows(wanted):
            return Response(msgspec.json.encode(anthropic_model(wanted)), media_type="application/json")
        error = ModelNotFound(f"The model {wanted!r} does not exist.", param="model")
        return Response(error_body(error, DialectName.ANTHROPIC), status_code=404, media_type="application/json")

    return Router("/", route_handlers=[messages, count_tokens, models, model], include_in_schema=False)
