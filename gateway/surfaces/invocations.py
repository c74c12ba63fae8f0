"""MLflow's invocations: the path names the endpoint, and the body says by its members what is wanted of it.

``messages`` ask for a chat, ``prompt`` for a completion, ``input`` for embeddings (``text``, in the first versions). The answer under
``/gateway/{name}/invocations`` has the members of those versions, too: ``candidates``, ``embeddings`` and ``metadata``, beside OpenAI's.
"""

from typing import Any, Final, cast

import msgspec
from litestar import Request, Router, post
from litestar.params import FromPath
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from gateway.errors import GatewayError, InvalidRequest
from gateway.service import Gateway
from gateway.surfaces.arrivals import Arrival
from gateway.surfaces.openai import Surface, send_error
from gateway.types import Operation
from gateway.wire.patch import patch
from tracing.unreadable import UNREADABLE

__all__ = ("first_version", "router")

AnyRequest = Request[Any, Any, Any]

_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ANSWER: Final = msgspec.json.Decoder(dict[str, Any])
WANTS: Final = (
    ("messages", Operation.CHAT),
    ("prompt", Operation.COMPLETIONS),
    ("input", Operation.EMBEDDINGS),
    ("text", Operation.EMBEDDINGS),
)


def router(gateway: Gateway, max_body_bytes: int = 100 * 1024 * 1024) -> Router:
    """The paths of invocations."""
    surface = InvocationSurface(gateway, max_body_bytes)

    # The framework's plain ASGI routes take no parameters, so these give an ASGI application back.
    @post(["/gateway/{endpoint:str}/mlflow/invocations", "/endpoints/{endpoint:str}/invocations"])
    async def invoke(request: AnyRequest, endpoint: FromPath[str]) -> ASGIApp:
        return surface.invocation(endpoint, await request.body(), first=False)

    @post("/gateway/{endpoint:str}/invocations")
    async def invoke_first(request: AnyRequest, endpoint: FromPath[str]) -> ASGIApp:
        return surface.invocation(endpoint, await request.body(), first=True)

    return Router("/", route_handlers=[invoke, invoke_first], include_in_schema=False)


class InvocationSurface(Surface):
    """From ASGI to the gateway and back, for endpoints by name."""

    def invocation(self, endpoint: str, body: bytes, *, first: bool) -> ASGIApp:
        """One invocation; with ``first`` its answer has the members of MLflow's first versions, too."""
        arrival = Arrival.now()

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                operation, named = _named(body, endpoint)
            except GatewayError as error:
                await send_error(error, send)
                return
            inbound = arrival.inbound(cast("HTTPScope", scope), operation, named)
            await self._answer(inbound, cast("HTTPScope", scope), receive, _WithFirstVersion(send) if first else send)

        return answer


class _WithFirstVersion:
    """Sends a whole answer with the members of MLflow's first versions; a stream, and an error, as they are."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200 and _is_json(message["headers"]):
            self._start = message
            return
        if self._start is None:
            await self._send(message)
            return
        start, self._start = self._start, None
        body = first_version(cast("bytes", message.get("body", b"")))
        headers = [(name, value) for name, value in cast("Any", start)["headers"] if name != b"content-length"]
        await self._send(cast("Message", {**start, "headers": [*headers, (b"content-length", str(len(body)).encode())]}))
        await self._send(cast("Message", {**message, "body": body}))


def first_version(body: bytes) -> bytes:
    """An answer in OpenAI's form, with the members of MLflow's first versions in front."""
    try:
        answer = _ANSWER.decode(body)
    except UNREADABLE:
        return body
    told = answer.get("usage")
    usage: dict[str, Any] = told if isinstance(told, dict) else {}
    tokens = {
        "input_tokens": usage.get("prompt_tokens"),
        "output_tokens": usage.get("completion_tokens"),
        "total_tokens": usage.get("total_tokens"),
    }
    more: dict[str, Any] = {"metadata": {**tokens, "model": answer.get("model")}}
    if isinstance(choices := answer.get("choices"), list):
        more["candidates"] = [_candidate(choice) for choice in choices if isinstance(choice, dict)]
        more["metadata"]["route_type"] = "llm/v1/chat" if any("message" in each for each in more["candidates"]) else "llm/v1/completions"
    elif isinstance(data := answer.get("data"), list):
        more["embeddings"] = [each.get("embedding") for each in data if isinstance(each, dict)]
        more["metadata"]["route_type"] = "llm/v1/embeddings"
    else:
        return body
    return patch(body, {name: msgspec.json.encode(value) for name, value in more.items()})


def _candidate(choice: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {name: choice[name] for name in ("message", "text") if name in choice}
    return {**said, "metadata": {"finish_reason": choice.get("finish_reason")}}


def _named(body: bytes, endpoint: str) -> tuple[Operation, bytes]:
    """What is asked for, and the body with the endpoint as its model. Raises ``InvalidRequest``."""
    try:
        members = _MEMBERS.decode(body)
    except UNREADABLE as error:
        raise InvalidRequest(f"The body cannot be read as a request: {error}.") from None
    member, operation = next(((name, operation) for name, operation in WANTS if name in members), ("", None))
    if operation is None:
        raise InvalidRequest("The body has none of 'messages' (a chat), 'prompt' (a completion), 'input' (embeddings).")
    edits: dict[str, bytes | None] = {"model": msgspec.json.encode(endpoint)}
    if member == "text":
        edits |= {"text": None, "input": bytes(members["text"])}
    if "candidate_count" in members:  # the first versions' word
        edits |= {"candidate_count": None, "n": bytes(members["candidate_count"])}
    return operation, patch(body, edits)


def _is_json(headers: Any) -> bool:
    return any(name == b"content-type" and value.startswith(b"application/json") for name, value in headers)
