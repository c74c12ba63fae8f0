"""The table of endpoints over HTTP: plain ASGI, since a request object would cost more than what most of these requests do."""

import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from http import HTTPStatus
from typing import Any, Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send
from sqlalchemy.exc import DataError

from registry.errors import InvalidParameterValue, RegistryError, TemporarilyUnavailable
from registry.wire.encode import encode, encode_error
from registry.wire.endpoints import PREFIXES, Endpoint, Found, Table
from registry.wire.messages import Message
from registry.wire.plain import PlainDecoder
from storage.errors import Unavailable
from tracing.errors import Unavailable as TracesUnavailable

__all__ = ("Call", "MethodNotAllowed", "refuse", "reply", "straight", "with_endpoints")

logger = logging.getLogger(__name__)
STARTS: Final = tuple(f"{prefix}/" for prefix in PREFIXES)
WITH_BODY: Final = frozenset({"POST", "PUT"})
"""Methods whose bodies must say that they are JSON."""

OUT_OF_RANGE: Final = (OverflowError, DataError)
"""How SQLite's driver and PostgreSQL say that a column cannot hold a number: JSON's have any size."""


class MethodNotAllowed(RegistryError):
    """The path is answered, but not this method."""

    error_code = "ENDPOINT_NOT_FOUND"
    status = 405


class BodyTooLarge(RegistryError):
    """The body is larger than the server takes."""

    error_code = "BAD_REQUEST"
    status = 413


Call = Callable[[Endpoint[Any], Any], Awaitable[Message | None]]
"""Calls an endpoint with its message, or does not."""


async def straight(endpoint: Endpoint[Any], message: Any) -> Message | None:
    """The endpoint's answer, with nothing in between."""
    answer: Message | None = await endpoint.handler(message)
    return answer


def _nowhere(scope: HTTPScope) -> AbstractContextManager[None]:
    return nullcontext()


Enter = Callable[[HTTPScope], AbstractContextManager[None]]
"""What is entered before a request is read, and left after its answer."""


def with_endpoints(app: ASGIApp, table: Table, max_body_bytes: int, call: Call = straight, enter: Enter = _nowhere) -> ASGIApp:
    """Answer the paths of the table, and leave all others to ``app``. ``call`` may stand between a message and its endpoint."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] == ScopeType.HTTP
            and (path := scope["path"]).startswith(STARTS)
            and (found := table.find(path, scope["method"])) is not None
        ):
            await _answer(found, scope, receive, send, max_body_bytes, call, enter)
        else:
            await app(scope, receive, send)

    return serve


async def _answer(found: Found, scope: HTTPScope, receive: Receive, send: Send, max_body_bytes: int, call: Call, enter: Enter) -> None:
    try:
        body = await _body(receive, max_body_bytes)
        if body is None:
            return
        endpoint = _endpoint(found, scope)
        with enter(scope):
            answer = encode(await call(endpoint, _message(endpoint, found, scope, body)))
    except Exception as error:  # noqa: BLE001 - whatever it is, the client gets a body that it can read
        await refuse(error, scope, send)
    else:
        await reply(endpoint.status, b"" if endpoint.status == HTTPStatus.NO_CONTENT else answer, send, download=endpoint.download)


async def refuse(error: Exception, scope: HTTPScope, send: Send) -> None:
    """Answer with an error."""
    refusal = _refusal(error, scope)
    await reply(refusal.status, encode_error(refusal), send)


def _refusal(error: Exception, scope: HTTPScope) -> RegistryError:
    """What the client is told. A traceback goes to the log alone: it may hold what others said."""
    if isinstance(error, RegistryError):
        return error
    if isinstance(error, OUT_OF_RANGE):
        return InvalidParameterValue("A number in the request is larger, or smaller, than any that is stored. Send one of its usual size.")
    if isinstance(error, Unavailable):
        return TemporarilyUnavailable(f"What holds the data does not answer now: {error}. Try again later.")
    if isinstance(error, TracesUnavailable):
        return TemporarilyUnavailable(f"{error.message}. Try again later.")
    logger.error("unexpected %s at %s %s", type(error).__name__, scope["method"], scope["path"], exc_info=error)
    return RegistryError(f"Something went wrong here ({type(error).__name__}); the server's log says more.")


def _endpoint(found: Found, scope: HTTPScope) -> Endpoint[Any]:
    endpoint = found.methods.get(scope["method"])
    if endpoint is None:
        raise MethodNotAllowed(f"{scope['method']} is not answered at {scope['path']}; allowed: {', '.join(found.methods)}.")
    return endpoint


def _message(endpoint: Endpoint[Any], found: Found, scope: HTTPScope, body: bytes) -> Any:
    query = scope["query_string"]
    if scope["method"] in {"GET", "DELETE"} and (query or not body):
        return endpoint.decoder.query(query, found.parameters)
    if isinstance(endpoint.decoder, PlainDecoder):
        kind = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"content-type"), "")
        if kind.lower().startswith("multipart/form-data"):
            return endpoint.decoder.form(body, kind, found.parameters)
    elif scope["method"] in WITH_BODY:
        _check_content_type(scope)
    return endpoint.decoder.body(body, found.parameters)


def _check_content_type(scope: HTTPScope) -> None:
    for name, value in scope["headers"]:
        if name == b"content-type":
            if value.partition(b";")[0].strip() == b"application/json":
                return
            raise InvalidParameterValue("Bad Request. Content-Type must be one of ['application/json'].")
    raise InvalidParameterValue("Bad Request. Content-Type header is missing.")


async def _body(receive: Receive, limit: int) -> bytes | None:
    """The whole body; ``None`` when the client left before its end."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        chunks.append(message["body"])
        size += len(message["body"])
        if size > limit:
            raise BodyTooLarge(f"The body is larger than {limit} bytes (server.max_body_bytes).")
        if not message["more_body"]:
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def reply(status: int, body: bytes, send: Send, *, download: str = "") -> None:
    """Answer with JSON; with ``download``, as a file of that name."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if download:
        headers += [(b"content-disposition", f"attachment; filename={download}".encode()), (b"x-content-type-options", b"nosniff")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
