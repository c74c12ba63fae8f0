"""OpenAI's Responses, as its SDKs speak them: create, stream, retrieve, go on from, delete, cancel, count.

Responses are kept here (``gateway.kept``), so that any model can go on from any other's.
"""

from time import perf_counter_ns, time_ns
from typing import Final, cast

import msgspec
from litestar import Router, asgi, get, post, route
from litestar.enums import HttpMethod
from litestar.params import FromPath
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send
from msgspec.structs import replace
from typing_extensions import override

from gateway.dialects.openai_responses.replay import replayed
from gateway.dialects.openai_responses.response import OWN
from gateway.dialects.types import DialectName
from gateway.errors import GatewayError, InvalidRequest
from gateway.kept import Kept, ResponseShelf, not_found, owner_of
from gateway.service import Gateway
from gateway.surfaces.keeping import (
    ITEMS,
    Sent,
    asked_items,
    is_through,
    kept_of,
    own_items,
    read_sent,
    status_of,
    stream_asked,
    watched,
)
from gateway.surfaces.openai import Surface, send_error, send_reply, send_whole
from gateway.surfaces.paths import OPENAI_PREFIXES, named_provider, openai_path
from gateway.surfaces.watch import ClientWatch
from gateway.types import Inbound, Operation, Previous, Reply, Resource

__all__ = ("ResponsesSurface", "router")

PREFIXES: Final = tuple(f"{prefix}/responses" for prefix in OPENAI_PREFIXES)


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
        sent = read_sent(inbound.body)
        if sent is None:
            return await super().handle(inbound)
        owner = owner_of(inbound.headers)
        before = await self._before(sent, owner)
        if before is not None:
            inbound = replace(inbound, previous=Previous(items=bytes(before.items), native=before.native))
        reply = await super().handle(inbound)
        if sent.store is False or reply.status != 200 or not reply.may_be_kept:
            return reply
        asked = [*(ITEMS.decode(before.items) if before is not None else ()), *own_items(sent.input)]
        return await self._kept(reply, owner, asked)

    async def _before(self, sent: Sent, owner: str) -> Kept | None:
        """The response that a request goes on from; ``None`` also for one that is not kept here, which its vendor may keep."""
        if sent.previous_response_id is None:
            return None
        found = await self._shelf.find(sent.previous_response_id)
        return found if found is not None and found.owner == owner else None

    async def _kept(self, reply: Reply, owner: str, asked: list[msgspec.Raw]) -> Reply:
        async def keep(response: bytes) -> None:
            kept = kept_of(response, owner, asked, reply.target.partition("/")[0])
            if kept is not None:
                await self._shelf.keep(kept)

        if reply.stream is None:
            await keep(reply.body)
            return reply
        return replace(reply, stream=watched(reply.stream, keep))

    async def beside(self, path: str, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """What only a vendor of this API has."""
        try:
            body = await self._body(scope, receive)
            if body is None:
                return
            passed = self._gateway.beside(self._question(scope, body), path)
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
                    kept = kept.of(owner_of(asked["headers"]))
                provider = "" if kept is None and identity.startswith(OWN) else self._keeper(kept, asked)
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
        """The provider that knows more of a response; ``""`` when what is kept here is all there is."""
        if kept is None:
            return self._gateway.responding(named_provider(scope))
        through = is_through(kept)
        return kept.provider if kept.native and not (through and scope["method"] == "GET") else ""

    async def _elsewhere(self, provider: str, scope: HTTPScope, receive: Receive, send: Send) -> None:
        inbound = Inbound(
            operation=Operation.PASSTHROUGH,
            body=b"",
            headers=scope["headers"],
            received_ns=time_ns(),
            started=perf_counter_ns(),
            resource=Resource(method=scope["method"], path=openai_path(scope)),
            provider=provider,
        )
        with ClientWatch(scope, receive):
            await send_reply(await self._gateway.handle(inbound), send)

    async def _here(self, kept: Kept, scope: HTTPScope, send: Send) -> None:
        path = scope["path"].rstrip("/")
        if path.endswith("/cancel"):
            status = status_of(kept)
            told = (
                f"The response {kept.id!r} is {status}: only one in the background can be cancelled. A stream ends when its client leaves."
            )
            await send_error(InvalidRequest(told), send)
            return
        try:
            after = stream_asked(scope["query_string"])
            items = asked_items(kept, scope["query_string"]) if path.endswith("/input_items") else b""
        except InvalidRequest as error:
            await send_error(error, send)
            return
        content_type = b"application/json"
        if scope["method"] == "DELETE":
            await self._shelf.forget(kept.id)
            body = msgspec.json.encode({"id": kept.id, "object": "response", "deleted": True})
        elif items:
            body = items
        elif after is not None:
            body, content_type = replayed(bytes(kept.response), after), b"text/event-stream; charset=utf-8"
        else:
            body = bytes(kept.response)
        await send_whole(Reply(status=200, headers=[(b"content-type", content_type)], trace_id="", body=body), send)
