"""OpenAI's Responses, as its SDKs speak them: create, stream, retrieve, go on from, delete, cancel, count.

Responses are kept here (``gateway.kept``), so that any model can go on from any other's.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from hashlib import sha256
from typing import Any, Final, cast

import msgspec
from litestar import Request, Response, Router, asgi, delete, get, post
from litestar.params import FromPath
from litestar.types import HTTPScope, Receive, Scope, Send
from msgspec.structs import replace
from typing_extensions import override

from gateway.dialects.openai_responses.response import OWN
from gateway.dialects.types import DialectName
from gateway.errors import GatewayError, InvalidRequest
from gateway.kept import Kept, ResponseShelf
from gateway.keys.presented import presented_keys
from gateway.render import error_body
from gateway.service import Gateway
from gateway.sse import EventParser
from gateway.surfaces.openai import Surface
from gateway.types import Inbound, Operation, Previous, Reply

__all__ = ("ResponsesSurface", "router")

AnyRequest = Request[Any, Any, Any]
PREFIXES: Final = ("/v1/responses", "/gateway/openai/v1/responses")


class Sent(msgspec.Struct):
    """What of a request decides whether and how its response is kept."""

    input: msgspec.Raw = msgspec.Raw()
    store: bool | None = None
    previous_response_id: str | None = None


class Outcome(msgspec.Struct):
    """What of a response is kept."""

    id: str
    status: str = ""
    output: list[msgspec.Raw] = []


class LastEvent(msgspec.Struct):
    """The last event of a stream."""

    type: str = ""
    response: msgspec.Raw = msgspec.Raw()


_SENT: Final = msgspec.json.Decoder(Sent)
_OUTCOME: Final = msgspec.json.Decoder(Outcome)
_LAST: Final = msgspec.json.Decoder(LastEvent)
_ITEMS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_ENDS: Final = (b'"response.completed"', b'"response.incomplete"')


def router(gateway: Gateway, shelf: ResponseShelf, max_body_bytes: int = 100 * 1024 * 1024) -> Router:
    """The paths of this dialect."""
    surface = ResponsesSurface(gateway, shelf, max_body_bytes)

    @asgi(list(PREFIXES), copy_scope=False)
    async def create(scope: Scope, receive: Receive, send: Send) -> None:
        await surface.serve(Operation.CHAT, cast("HTTPScope", scope), receive, send)

    @asgi([f"{prefix}/input_tokens" for prefix in PREFIXES], copy_scope=False)
    async def input_tokens(scope: Scope, receive: Receive, send: Send) -> None:
        await surface.count(
            cast("HTTPScope", scope), receive, send, lambda tokens: {"object": "response.input_tokens", "input_tokens": tokens}
        )

    @get([f"{prefix}/{{identity:str}}" for prefix in PREFIXES])
    async def retrieve(request: AnyRequest, identity: FromPath[str]) -> Response[bytes]:
        return await _answered(_retrieved(shelf, identity, request))

    @get([f"{prefix}/{{identity:str}}/input_items" for prefix in PREFIXES])
    async def input_items(request: AnyRequest, identity: FromPath[str]) -> Response[bytes]:
        return await _answered(_listed(shelf, identity, request))

    @delete([f"{prefix}/{{identity:str}}" for prefix in PREFIXES], status_code=200)
    async def forget(request: AnyRequest, identity: FromPath[str]) -> Response[bytes]:
        return await _answered(_forgotten(shelf, identity, request))

    @post([f"{prefix}/{{identity:str}}/cancel" for prefix in PREFIXES], status_code=200)
    async def cancel(request: AnyRequest, identity: FromPath[str]) -> Response[bytes]:
        return await _answered(_cancelled(shelf, identity, request))

    handlers = [create, input_tokens, retrieve, input_items, forget, cancel]
    return Router("/", route_handlers=handlers, include_in_schema=False)


class ResponsesSurface(Surface):
    """Fetches what a request goes on from, and keeps what becomes of it."""

    def __init__(self, gateway: Gateway, shelf: ResponseShelf, max_body_bytes: int) -> None:
        super().__init__(gateway, max_body_bytes, DialectName.OPENAI_RESPONSES)
        self._shelf = shelf

    @override
    async def handle(self, inbound: Inbound) -> Reply:
        try:
            sent = _SENT.decode(inbound.body)
        except msgspec.MsgspecError:
            return await super().handle(inbound)  # it is refused there, with the reason
        owner = _owner(inbound.headers)
        before = await self._before(sent, owner)
        if before is not None:
            inbound = replace(inbound, previous=Previous(items=bytes(before.items), native=before.native))
        reply = await super().handle(inbound)
        if sent.store is False or reply.status != 200 or not reply.may_be_kept:
            return reply
        asked = [*(_ITEMS.decode(before.items) if before is not None else ()), *_own_items(sent.input)]
        return await self._kept(reply, owner, asked)

    async def _before(self, sent: Sent, owner: str) -> Kept | None:
        """``None`` also for one that is not kept here: its vendor may keep it."""
        if sent.previous_response_id is None:
            return None
        try:
            return await self._shelf.find(sent.previous_response_id, owner)
        except GatewayError:
            return None

    async def _kept(self, reply: Reply, owner: str, asked: list[msgspec.Raw]) -> Reply:
        async def keep(response: bytes) -> None:
            kept = _kept(response, owner, asked)
            if kept is not None:
                await self._shelf.keep(kept)

        if reply.stream is None:
            await keep(reply.body)
            return reply
        return replace(reply, stream=_watched(reply.stream, keep))


async def _watched(stream: AsyncIterator[bytes], keep: Callable[[bytes], Awaitable[None]]) -> AsyncIterator[bytes]:
    """A stream whose last event is kept before the client sees it, so that whoever goes on from it at once finds it."""
    parser = EventParser()
    try:
        async for chunk in stream:
            for event in parser.feed(chunk):
                if event.data is not None and any(end in event.data[:200] for end in _ENDS):
                    await keep(bytes(_LAST.decode(event.data).response))
            yield chunk
    finally:
        await stream.aclose()  # type: ignore[attr-defined]  # a generator, declared as what its readers need


def _kept(response: bytes, owner: str, asked: list[msgspec.Raw]) -> Kept | None:
    try:
        outcome = _OUTCOME.decode(response)
    except msgspec.MsgspecError:
        return None
    items = msgspec.Raw(msgspec.json.encode([*asked, *outcome.output]))
    return Kept(
        id=outcome.id, owner=owner, items=items, asked=len(asked), response=msgspec.Raw(response), native=not outcome.id.startswith(OWN)
    )


def _own_items(sent: msgspec.Raw) -> list[msgspec.Raw]:
    """``input`` as items: a text is what the user says."""
    raw = bytes(sent)
    if raw.startswith(b'"'):
        return [msgspec.Raw(b'{"role":"user","content":' + raw + b"}")]
    return _ITEMS.decode(raw) if raw.startswith(b"[") else []


def _owner(headers: Iterable[tuple[bytes, bytes]]) -> str:
    key = next(presented_keys(headers), None)
    return "" if key is None else sha256(key).hexdigest()[:32]


async def _answered(work: Awaitable[bytes]) -> Response[bytes]:
    try:
        return Response(await work, media_type="application/json")
    except GatewayError as error:
        return Response(error_body(error), status_code=error.status, media_type="application/json")


async def _retrieved(shelf: ResponseShelf, identity: str, request: AnyRequest) -> bytes:
    return bytes((await shelf.find(identity, _owner(request.scope["headers"]))).response)


async def _listed(shelf: ResponseShelf, identity: str, request: AnyRequest) -> bytes:
    kept = await shelf.find(identity, _owner(request.scope["headers"]))
    items = _ITEMS.decode(kept.items)[: kept.asked]
    return msgspec.json.encode({"object": "list", "data": items, "has_more": False, "first_id": None, "last_id": None})


async def _forgotten(shelf: ResponseShelf, identity: str, request: AnyRequest) -> bytes:
    await shelf.forget(identity, _owner(request.scope["headers"]))
    return msgspec.json.encode({"id": identity, "object": "response", "deleted": True})


async def _cancelled(shelf: ResponseShelf, identity: str, request: AnyRequest) -> bytes:
    kept = await shelf.find(identity, _owner(request.scope["headers"]))
    status = _OUTCOME.decode(kept.response).status
    raise InvalidRequest(
        f"The response {identity!r} is {status}: only one that runs in the background can be cancelled. A stream ends when its client leaves."
    )
