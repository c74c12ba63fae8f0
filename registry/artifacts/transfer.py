"""Files on their way to a client over ASGI, in pieces: no request holds more of a file than its pieces under way."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC
from email.utils import format_datetime
from typing import Any

from registry.artifacts.body import HTTPScope, Receive, header
from registry.artifacts.content import SAFE_HEADERS, attachment, media_type
from registry.artifacts.ranges import UNSATISFIABLE, byte_range
from registry.artifacts.tree import ArtifactTree
from storage.blobs import BlobInfo

__all__ = ("send_file",)

Headers = list[tuple[bytes, bytes]]
Send = Callable[[Any], Awaitable[None]]
"""ASGI, with the messages that servers know besides its specification."""


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
    """Wait until the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _headers(info: BlobInfo, path: str) -> Headers:
    name = path.rpartition("/")[2]
    tags = [(b"etag", info.etag.encode())] if info.etag else []
    return [
        (b"content-type", media_type(name).encode()),
        (b"content-disposition", attachment(name).encode()),
        (b"accept-ranges", b"bytes"),
        (b"last-modified", format_datetime(info.modified.astimezone(UTC), usegmt=True).encode()),
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
