"""Files on their way to a client over ASGI, in pieces: no request holds more of a file than its pieces under way."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC
from email.utils import format_datetime
from typing import Any, Final

import msgspec

from registry.artifacts.body import HTTPScope, Receive, header
from registry.artifacts.content import SAFE_HEADERS, attachment, media_type
from registry.artifacts.ranges import UNSATISFIABLE, byte_range
from registry.artifacts.tree import ArtifactTree
from storage.blobs import BlobInfo

__all__ = ("SEND_FILE", "send_file")

SEND_FILE: Final = "http.response.zerocopysend"
"""The extension of ASGI by which a server sends a file itself (https://asgi.readthedocs.io/en/latest/extensions.html#zero-copy-send)."""

Headers = list[tuple[bytes, bytes]]
Send = Callable[[Any], Awaitable[None]]
"""ASGI, with the messages that servers know besides its specification."""


class _Head(msgspec.Struct, frozen=True):
    """How an answer begins, and which bytes of the file follow: none where ``start`` is ``stop``."""

    status: int
    headers: Headers
    start: int = 0
    stop: int = 0


async def send_file(scope: HTTPScope, receive: Receive, send: Send, tree: ArtifactTree, path: str) -> None:
    """Answer with a file, or with the part of it that the request asks for. Raises the tree of ``registry.errors`` before the first byte."""
    opened = await tree.open_file(path) if SEND_FILE in (scope.get("extensions") or {}) else None
    if opened is None:
        await _send_pieces(scope, receive, send, tree, path)
        return
    with opened.file as file:
        head = _head(scope, opened.info, path)
        await _begin(send, head)
        if head.start < head.stop:
            await send({"type": SEND_FILE, "file": file, "offset": head.start, "count": head.stop - head.start, "more_body": False})


async def _send_pieces(scope: HTTPScope, receive: Receive, send: Send, tree: ArtifactTree, path: str) -> None:
    head = _head(scope, await tree.find(path), path)
    if head.start == head.stop:
        await _begin(send, head)
        return
    pieces = await tree.read(path, head.start, head.stop)
    await _begin(send, head)
    leaving = asyncio.ensure_future(_left(receive))
    try:
        async for piece in pieces:
            if leaving.done():  # nobody would read the rest of the file
                return
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        leaving.cancel()


async def _begin(send: Send, head: _Head) -> None:
    """Send the head, which is all of an answer without a body."""
    await send({"type": "http.response.start", "status": head.status, "headers": head.headers})
    if head.start == head.stop:
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _head(scope: HTTPScope, info: BlobInfo, path: str) -> _Head:
    headers = _headers(info, path)
    if info.etag is not None and header(scope, b"if-none-match") == info.etag:
        return _Head(304, headers)
    part = byte_range(_range(scope, info), info.size)
    if part == UNSATISFIABLE:
        return _Head(416, [*headers, (b"content-range", b"bytes */%d" % info.size), (b"content-length", b"0")])
    start, stop = part or (0, info.size)
    if part is not None:
        headers.append((b"content-range", b"bytes %d-%d/%d" % (start, stop - 1, info.size)))
    headers.append((b"content-length", b"%d" % (stop - start)))
    if scope["method"] == "HEAD":
        return _Head(206 if part else 200, headers)
    return _Head(206 if part else 200, headers, start, stop)


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
