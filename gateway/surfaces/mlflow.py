"""MLflow's gateway as its clients speak to it: OpenAI's API under other paths, and ``/gateway/{endpoint}/mlflow/invocations``.

An invocation names its endpoint in the path and says by its body what it wants: ``messages`` a chat, ``input`` embeddings.
"""

from typing import Any, Final, cast

import msgspec
from litestar import Request, Router, asgi, get, post
from litestar.params import FromPath
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from gateway.errors import GatewayError, InvalidRequest
from gateway.service import Gateway
from gateway.surfaces.openai import Surface, model_list, send_error
from gateway.types import Operation
from gateway.wire.patch import patch

__all__ = ("router",)

AnyRequest = Request[Any, Any, Any]
PREFIXES: Final = ("/gateway/mlflow/v1", "/gateway/openai/v1")
_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def router(gateway: Gateway, max_body_bytes: int = 100 * 1024 * 1024) -> Router:
    """The paths of this dialect."""
    surface = Surface(gateway, max_body_bytes)

    @asgi([f"{prefix}/chat/completions" for prefix in PREFIXES], copy_scope=False)
    async def chat(scope: Scope, receive: Receive, send: Send) -> None:
        await surface.serve(Operation.CHAT, cast("HTTPScope", scope), receive, send)

    @asgi([f"{prefix}/embeddings" for prefix in PREFIXES], copy_scope=False)
    async def embeddings(scope: Scope, receive: Receive, send: Send) -> None:
        await surface.serve(Operation.EMBEDDINGS, cast("HTTPScope", scope), receive, send)

    @get([f"{prefix}/models" for prefix in PREFIXES], sync_to_thread=False)
    def models() -> dict[str, object]:
        return model_list(gateway)

    @post("/gateway/{endpoint:str}/mlflow/invocations")  # the framework's plain ASGI routes take no parameters
    async def invoke(request: AnyRequest, endpoint: FromPath[str]) -> ASGIApp:
        return _invocation(surface, endpoint, await request.body())

    return Router("/", route_handlers=[chat, embeddings, models, invoke], include_in_schema=False)


def _invocation(surface: Surface, endpoint: str, body: bytes) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            operation, named = _named(body, endpoint)
        except GatewayError as error:
            await send_error(error, send)
        else:
            await surface.answer(operation, named, cast("HTTPScope", scope), receive, send)

    return answer


def _named(body: bytes, endpoint: str) -> tuple[Operation, bytes]:
    """What is asked for, and the body with the endpoint as its model. Raises ``InvalidRequest``."""
    try:
        fields: dict[str, Any] = _FIELDS.decode(body)
    except msgspec.MsgspecError as error:
        raise InvalidRequest(f"The body cannot be read as a request: {error}.") from None
    if "messages" in fields:
        operation = Operation.CHAT
    elif "input" in fields:
        operation = Operation.EMBEDDINGS
    else:
        raise InvalidRequest("The body has neither 'messages' (a chat) nor 'input' (embeddings).")
    return operation, patch(body, {"model": msgspec.json.encode(endpoint)})
