"""OpenAI's API, as its SDKs speak it: ``/v1/chat/completions``, ``/v1/embeddings``, ``/v1/models``.

Plain ASGI: middleware and request objects would cost more than the whole proxy.
"""

from collections.abc import Awaitable, Callable
from time import perf_counter_ns, time_ns
from typing import Any, cast

import msgspec
from litestar import Request, Router, asgi, get
from litestar.params import FromPath
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from gateway.dialects.types import DialectName
from gateway.errors import BodyTooLarge, GatewayError, MethodNotAllowed, ModelNotFound
from gateway.render import error_body
from gateway.service import Gateway
from gateway.surfaces.encodings import plain
from gateway.surfaces.keepalive import kept_alive
from gateway.surfaces.listing import listed_for, spoken, told_for
from gateway.surfaces.watch import ClientWatch
from gateway.types import Headers, Inbound, Operation, Reply

__all__ = ("Asked", "Surface", "router", "send_error", "send_reply", "send_whole")


Stored = Callable[[Operation, HTTPScope, Receive, Send], Awaitable[None]]
"""Who answers what is asked of things that an account keeps."""

Asked = Callable[[HTTPScope, Receive, Send], Awaitable[None]]
"""The same at a path that Google's clients ask for what is Google's, too."""


def router(gateway: Gateway, stored: Stored, google: Asked, max_body_bytes: int = 100 * 1024 * 1024) -> Router:
    """The paths of this dialect. ``stored`` lists chats that were made before: it has one path with making one.

    ``google`` answers for what Google's models are still busy with, whose names stand beneath those of the models.
    """
    surface = Surface(gateway, max_body_bytes)

    @asgi("/v1/chat/completions", copy_scope=False)
    async def chat(scope: Scope, receive: Receive, send: Send) -> None:
        asked = cast("HTTPScope", scope)
        if asked["method"] == "GET":
            await stored(Operation.STORED_CHATS, asked, receive, send)
        else:
            await surface.serve(Operation.CHAT, asked, receive, send)

    @asgi("/v1/embeddings", copy_scope=False)
    async def embeddings(scope: Scope, receive: Receive, send: Send) -> None:
        await surface.serve(Operation.EMBEDDINGS, cast("HTTPScope", scope), receive, send)

    @get("/v1/models", sync_to_thread=False)
    def models(request: Request[Any, Any, Any]) -> dict[str, object]:
        return listed_for(gateway, request.scope["headers"])

    @get("/v1/models/{name:path}", sync_to_thread=False)
    def model(name: FromPath[str]) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            asked, wanted = cast("HTTPScope", scope), name.removeprefix("/")
            dialect = spoken(asked["headers"])
            if dialect is DialectName.GEMINI and "/operations/" in wanted:
                await google(asked, receive, send)
            elif gateway.knows(wanted):
                headers: Headers = [(b"content-type", b"application/json")]
                body = msgspec.json.encode(told_for(wanted, asked["headers"]))
                await send_whole(Reply(status=200, headers=headers, trace_id="", body=body), send)
            else:
                await send_error(ModelNotFound(f"The model {wanted!r} does not exist.", param="model"), send, dialect)

        return answer

    return Router("/", route_handlers=[chat, embeddings, models, model], include_in_schema=False)


class Surface:
    """From ASGI to the gateway and back, for one dialect."""

    def __init__(self, gateway: Gateway, max_body_bytes: int, dialect: DialectName = DialectName.OPENAI_CHAT) -> None:
        self._gateway = gateway
        self._max_body_bytes = max_body_bytes
        self._dialect = dialect

    async def serve(
        self, operation: Operation, scope: HTTPScope, receive: Receive, send: Send, *, model: str = "", stream: bool = False
    ) -> None:
        """One request. Whatever is wrong with it, the answer is in the dialect's form. ``model`` and ``stream`` as in ``Inbound``."""
        received_ns, started = time_ns(), perf_counter_ns()
        try:
            body = await self._body(scope, receive)
        except GatewayError as error:
            await send_error(error, send, self._dialect)
            return
        if body is None:
            return
        client = scope["client"]
        inbound = Inbound(
            operation=operation,
            body=body,
            headers=scope["headers"],
            received_ns=received_ns,
            started=started,
            address=client[0] if client else "",
            dialect=self._dialect,
            model=model,
            stream=stream,
        )
        await self._answer(inbound, scope, receive, send)

    async def count(self, scope: HTTPScope, receive: Receive, send: Send, write: Callable[[int], object], *, model: str = "") -> None:
        """Answer how many tokens a request would have; ``write`` makes the body."""
        try:
            body = await self._body(scope, receive)
            if body is None:
                return
            inbound = self._question(scope, body, model)
            exact = await self._gateway.counted_exactly(inbound)
            counted = 0 if exact is not None else self._gateway.count_tokens(inbound)
        except GatewayError as error:
            await send_error(error, send, self._dialect)
        else:
            headers: Headers = [(b"content-type", b"application/json")]
            if exact is None:
                headers.append((b"x-tidegate-estimated", b"true"))
            body = msgspec.json.encode(write(counted)) if exact is None else exact
            await send_whole(Reply(status=200, headers=headers, trace_id="", body=body), send)

    def _question(self, scope: HTTPScope, body: bytes, model: str = "") -> Inbound:
        """A request about a chat that is not sent to a model as it is, such as a count of its tokens."""
        return Inbound(
            operation=Operation.CHAT,
            body=body,
            headers=scope["headers"],
            received_ns=time_ns(),
            started=perf_counter_ns(),
            dialect=self._dialect,
            model=model,
        )

    def _body(self, scope: HTTPScope, receive: Receive) -> Awaitable[bytes | None]:
        """The whole body; ``None`` when the client left before its end."""
        if scope["method"] != "POST":
            raise MethodNotAllowed(f"{scope['method']} is not answered here; send a POST.", allowed="POST")
        return self._whole(scope, receive)

    async def _whole(self, scope: HTTPScope, receive: Receive) -> bytes | None:
        """The same for any method."""
        body = await self._read(receive)
        return body if not body or body.startswith(b"{") else await plain(body, scope["headers"], self._max_body_bytes)

    async def _read(self, receive: Receive) -> bytes | None:
        message = await receive()
        if message["type"] == "http.request" and not message["more_body"]:
            self._checked_size(len(message["body"]))
            return message["body"]
        chunks: list[bytes] = []
        while message["type"] == "http.request":
            chunks.append(message["body"])
            self._checked_size(sum(map(len, chunks)))
            if not message["more_body"]:
                return b"".join(chunks)
            message = await receive()
        return None

    def _checked_size(self, size: int) -> None:
        if size > self._max_body_bytes:
            raise BodyTooLarge(f"The body is larger than {self._max_body_bytes} bytes (server.max_body_bytes).")

    def handle(self, inbound: Inbound) -> Awaitable[Reply]:
        """From a request to its reply: the place for what a dialect does beyond that."""
        return self._gateway.handle(inbound)

    async def _answer(self, inbound: Inbound, scope: HTTPScope, receive: Receive, send: Send) -> None:
        with ClientWatch(scope, receive) as watch, kept_alive(send, inbound, self._gateway.keepalive_seconds) as (sending, asked):
            reply = await self.handle(asked)
            if reply.stream is None:
                watch.disarm()
            await send_reply(reply, sending)


async def send_whole(reply: Reply, send: Send) -> None:
    headers = [*reply.headers, (b"content-length", str(len(reply.body)).encode())]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body, "more_body": False})


def send_reply(reply: Reply, send: Send) -> Awaitable[None]:
    """Send a reply, whole or as it comes."""
    return send_whole(reply, send) if reply.stream is None else _send_stream(reply, send)


async def _send_stream(reply: Reply, send: Send) -> None:
    stream = reply.stream
    assert stream is not None  # noqa: S101 - the caller looked
    try:
        # The stream is begun before anything is sent: one that was never begun could not be ended either, should the client be gone already.
        chunk = await anext(stream, None)
        await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
        while chunk is not None:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            chunk = await anext(stream, None)
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    except GatewayError:
        return  # bytes in which no error can be told: without an end the server breaks the connection off, which the client sees
    finally:
        # A generator that is left half-way would be closed by the collector, some time: the upstream must be closed now.
        await stream.aclose()  # type: ignore[attr-defined]  # a generator, declared as what its readers need


async def send_error(error: GatewayError, send: Send, dialect: DialectName = DialectName.OPENAI_CHAT) -> None:
    """Send what happened before the gateway was asked."""
    headers: Headers = [(b"content-type", b"application/json")]
    if isinstance(error, MethodNotAllowed):
        headers.append((b"allow", error.allowed.encode()))
    await send_whole(Reply(status=error.status, headers=headers, trace_id="", body=error_body(error, dialect)), send)
