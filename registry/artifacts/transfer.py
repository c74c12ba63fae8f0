"""Bytes of artifacts over ASGI, in pieces both ways: no request holds more of a file than its pieces under way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from registry.artifacts.content import SAFE_HEADERS, attachment, media_type
from registry.artifacts.ranges import UNSATISFIABLE, byte_range
from registry.artifacts.tree import ArtifactTree
from registry.errors import BadRequest
from storage.blobs import BlobInfo

__all__ = ("ClientLeft", "header", "received", "send_file")

Headers = list[tuple[bytes, bytes]]
HTTPScope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
"""ASGI, with the messages that servers know besides its specification."""


class ClientLeft(Exception):
    """The connection ended within the body, so there is nobody to answer."""


def header(scope: HTTPScope, name: bytes) -> str | None:
    """A request header; names are lower-case."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), None)


async def received(scope: HTTPScope, receive: Receive) -> AsyncIterator[bytes]:
    """The body of a request. Raises ``ClientLeft``, and ``BadRequest`` for a body of another length than its header says."""
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientLeft
        size += len(message["body"])
        if not message["more_body"]:
            _check_length(header(scope, b"content-length"), size)
        if message["body"]:
            yield message["body"]
        if not message["more_body"]:
            return


def _check_length(said: str | None, size: int) -> None:
    if said is not None and said != str(size):
        raise BadRequest(f"The body has {size} bytes, and its Content-Length says {said}.")


async def send_file(scope: HTTPScope, receive: Receive, send: Send, tree: ArtifactTree, path: str) -> None:
    """Answer with a file, or with the part of it that the request asks for. Raises the tree of ``registry.errors`` before the first byte."""
    info = await tree.find(path)
    headers = _headers(info, path)
    if info.etag is not None and header(scope, b"if-none-match") == info.etag:
        await _answer(send, 304, headers)
        return
    part = byte_range(_range(scope, info), info.size)
    if part == UNSATISFIABLE:
        await _answer(send, 416, [*headers, (b"content-range", b"bytes */%d" % info.size), (b"content-length", b"0")])
        return
    start, stop = part or (0, info.size)
    if part is not None:
        headers.append((b"content-range", b"bytes %d-%d/%d" % (start, stop - 1, info.size)))
    headers.append((b"content-length", b"%d" % (stop - start)))
    await _send_bytes(scope, receive, send, tree, path, (206 if part else 200, headers, start, stop))


async def _send_bytes(
    scope: HTTPScope, receive: Receive, send: Send, tree: ArtifactTree, path: str, what: tuple[int, Headers, int, int]
) -> None:
    status, headers, start, stop = what
    if scope["method"] == "HEAD" or start == stop:
        await _answer(send, status, headers)
        return
    pieces = await tree.read(path, start, stop)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    leaving = asyncio.ensure_future(_left(receive))
    try:
        async for piece in pieces:
            if leaving.done():  # nobody would read the rest of the file
                return
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        leaving.cancel()


async def _left(receive: Receive) -> None:
    """Return when the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _headers(info: BlobInfo, path: str) -> Headers:
    name = path.rpartition("/")[2]
    tags = [(b"etag", info.etag.encode())] if info.etag else []
    return [
        (b"content-type", media_type(name).encode()),
        (b"content-disposition", attachment(name).encode()),
        (b"accept-ranges", b"bytes"),
        (b"last-modified", info.modified.strftime("%a, %d %b %Y %H:%M:%S GMT").encode()),
        (b"cache-control", b"no-cache"),
        *tags,
        *SAFE_HEADERS,
    ]


def _range(scope: HTTPScope, info: BlobInfo) -> str | None:
    """The range asked for, unless it was meant for another version of the file."""
    condition = header(scope, b"if-range")
    return header(scope, b"range") if condition is None or condition == info.etag else None


async def _answer(send: Send, status: int, headers: Headers) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
