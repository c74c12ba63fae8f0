"""OpenAI's Responses, as its SDKs speak them: create, stream, retrieve, go on from, delete, cancel, count.

Responses are kept here (``gateway.kept``), so that any model can go on from any other's.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from hashlib import sha256
from time import perf_counter_ns, time_ns
from typing import Final, cast

import msgspec
from litestar import Router, asgi, get, post, route
from litestar.enums import HttpMethod
from litestar.params import FromPath
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send
from msgspec.structs import replace
from typing_extensions import override

from gateway.dialects.openai_responses.response import OWN
from gateway.dialects.types import DialectName
from gateway.errors import GatewayError, InvalidRequest
from gateway.kept import Kept, ResponseShelf, not_found
from gateway.keys.presented import presented_keys
from gateway.service import Gateway
from gateway.sse import EventParser
from gateway.surfaces.openai import Surface, send_error, send_reply, send_whole
from gateway.surfaces.paths import named_provider, upstream_path
from gateway.surfaces.watch import ClientWatch
from gateway.types import Inbound, Operation, Previous, Reply, Resource

__all__ = ("ResponsesSurface", "router")

PREFIXES: Final = ("/v1/responses", "/gateway/openai/v1/responses")
ENDED: Final = frozenset({"completed", "incomplete", "failed", "cancelled"})


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

    @asgi([f"{prefix}/compact" for prefix in PREFIXES], copy_scope=False)
    async def compact(scope: Scope, receive: Receive, send: Send) -> None:
        await surface.beside("/responses/compact", cast("HTTPScope", scope), receive, send)

    @route([f"{prefix}/{{identity:str}}" for prefix in PREFIXES], http_method=[HttpMethod.GET, HttpMethod.DELETE], status_code=200)
    async def one(identity: FromPath[str]) -> ASGIApp:
        return surface.at(identity)

    @get([f"{prefix}/{{identity:str}}/input_items" for prefix in PREFIXES])
    async def input_items(identity: FromPath[str]) -> ASGIApp:
        return surface.at(identity)

    @post([f"{prefix}/{{identity:str}}/cancel" for prefix in PREFIXES], status_code=200)
    async def cancel(identity: FromPath[str]) -> ASGIApp:
        return surface.at(identity)

    return Router("/", route_handlers=[create, input_tokens, compact, one, input_items, cancel], include_in_schema=False)


class ResponsesSurface(Surface):
    """Fetches what a request goes on from, and keeps what becomes of it."""

    def __init__(self, gateway: Gateway, shelf: ResponseShelf, max_body_bytes: int) -> None:
        super().__init__(gateway, max_body_bytes, DialectName.OPENAI_RESPONSES)
        self._shelf = shelf

    @override
    async def handle(self, inbound: Inbound) -> Reply:
        if inbound.operation is not Operation.CHAT:
            return await super().handle(inbound)
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
        found = await self._shelf.find(sent.previous_response_id)
        return found if found is not None and found.owner == owner else None

    async def _kept(self, reply: Reply, owner: str, asked: list[msgspec.Raw]) -> Reply:
        async def keep(response: bytes) -> None:
            kept = _kept(response, owner, asked, reply.target.partition("/")[0])
            if kept is not None:
                await self._shelf.keep(kept)

        if reply.stream is None:
            await keep(reply.body)
            return reply
        return replace(reply, stream=_watched(reply.stream, keep))

    async def beside(self, path: str, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """What only a vendor of this API has."""
        try:
            body = await self._body(scope, receive)
            if body is None:
                return
            inbound = Inbound(
                operation=Operation.CHAT,
                body=body,
                headers=scope["headers"],
                received_ns=time_ns(),
                started=perf_counter_ns(),
                dialect=DialectName.OPENAI_RESPONSES,
            )
            passed = self._gateway.beside(inbound, path)
        except GatewayError as error:
            await send_error(error, send)
        else:
            await self._answer(passed, scope, receive, send)

    def at(self, identity: str) -> ASGIApp:
        """Whatever is asked of one response: of what is kept, or of the vendor that made it."""

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            asked = cast("HTTPScope", scope)
            try:
                kept = await self._shelf.find(identity)
                if kept is not None:
                    kept = kept.of(_owner(asked["headers"]))
                provider = self._keeper(kept, asked)
                if not provider and kept is None:
                    raise not_found(identity)
            except GatewayError as error:
                await send_error(error, send)
                return
            if provider:
                await self._elsewhere(provider, asked, receive, send)
            elif kept is not None:
                await self._here(kept, asked, send)

        return answer

    def _keeper(self, kept: Kept | None, scope: HTTPScope) -> str:
        """Whose account knows more of it; ``""`` when what is kept here is all there is."""
        if kept is None:
            return self._gateway.responding(named_provider(scope))
        through = _OUTCOME.decode(kept.response).status in ENDED
        return kept.provider if kept.native and not (through and scope["method"] == "GET") else ""

    async def _elsewhere(self, provider: str, scope: HTTPScope, receive: Receive, send: Send) -> None:
        inbound = Inbound(
            operation=Operation.PASSTHROUGH,
            body=b"",
            headers=scope["headers"],
            received_ns=time_ns(),
            started=perf_counter_ns(),
            resource=Resource(method=scope["method"], path=upstream_path(scope, "/v1")),
            provider=provider,
        )
        with ClientWatch(scope, receive):
            await send_reply(await self._gateway.handle(inbound), send)

    async def _here(self, kept: Kept, scope: HTTPScope, send: Send) -> None:
        path = scope["path"].rstrip("/")
        if path.endswith("/cancel"):
            status = _OUTCOME.decode(kept.response).status
            told = (
                f"The response {kept.id!r} is {status}: only one in the background can be cancelled. A stream ends when its client leaves."
            )
            await send_error(InvalidRequest(told), send)
            return
        if scope["method"] == "DELETE":
            await self._shelf.forget(kept.id)
            body = msgspec.json.encode({"id": kept.id, "object": "response", "deleted": True})
        else:
            body = _items_of(kept) if path.endswith("/input_items") else bytes(kept.response)
        await send_whole(Reply(status=200, headers=[(b"content-type", b"application/json")], trace_id="", body=body), send)


def _items_of(kept: Kept) -> bytes:
    items = _ITEMS.decode(kept.items)[: kept.asked]
    return msgspec.json.encode({"object": "list", "data": items, "has_more": False, "first_id": None, "last_id": None})


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


def _kept(response: bytes, owner: str, asked: list[msgspec.Raw], provider: str) -> Kept | None:
    try:
        outcome = _OUTCOME.decode(response)
    except msgspec.MsgspecError:
        return None
    items = msgspec.Raw(msgspec.json.encode([*asked, *outcome.output]))
    return Kept(
        id=outcome.id,
        owner=owner,
        items=items,
        asked=len(asked),
        response=msgspec.Raw(response),
        native=not outcome.id.startswith(OWN),
        provider=provider,
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
