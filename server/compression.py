"""Answers in gzip for clients that take it (RFC 9110 sections 8.4 and 12.5.3): pages, their looks, ``/api/v1`` and MLflow's endpoints.

Only text that is whole when it is sent: streams, files of runs and what models answer pass as they are. It stands outside the framework,
whose own middleware would reach neither MLflow's endpoints, which are not its routes, nor entity tags.

**Lengths tell secrets** (CVE-2013-3587): a page that repeats what its address says, beside what was never meant for whoever wrote that
address, betrays it letter by letter to those who see the lengths. So nothing is compressed for which another site made the browser ask.
"""

import asyncio
import zlib
from collections.abc import Iterable
from typing import Any, Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from server.guard import GATEWAY_PATHS

__all__ = ("compressed", "takes_gzip")

LEAST: Final = 1_400
"""Bytes of a body below which nothing is gained: it fits into one packet as it is."""

LONG: Final = 65_536
"""Bytes from which on it is done in a thread, beside the event loop."""

LEVEL: Final = 1
"""JSON becomes a tenth smaller with 6, which takes three times as long."""

_TEXT: Final = (b"text/", b"application/json", b"application/javascript", b"image/svg+xml", b"application/x-ndjson")
_OTHER_SITES: Final = frozenset({b"cross-site", b"same-site"})
_VARY: Final = (b"vary", b"accept-encoding")
_REPLACED: Final = frozenset({b"content-length", b"etag"})

Headers = Iterable[tuple[bytes, bytes]]


def compressed(app: ASGIApp) -> ASGIApp:
    """``app``, with longer texts in gzip for clients that accept it. The gateway's paths are left alone."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and not scope["path"].startswith(GATEWAY_PATHS):
            await app(scope, receive, _Answer(scope["headers"], send).send)
        else:
            await app(scope, receive, send)

    return serve


def takes_gzip(headers: Headers) -> bool:
    """Whether the answer to a request may be compressed.

    ``accept-encoding`` must name gzip, or everything, and not refuse it with ``q=0``; and the request must not come from a page of another
    site, which could learn secrets from the length of what it gets.
    """
    asked = b""
    for name, value in headers:
        if name == b"accept-encoding":
            asked += b"," + value
        elif name == b"sec-fetch-site" and value in _OTHER_SITES:
            return False
    weights = dict(_weight(each) for each in asked.lower().split(b",") if b"gzip" in each or b"*" in each)
    return weights.get(b"gzip", weights.get(b"*", 0.0)) > 0


def _weight(coding: bytes) -> tuple[bytes, float]:
    """A coding and its ``q``; one that cannot be read is none."""
    name, _, parameters = coding.partition(b";")
    given = parameters.replace(b" ", b"").removeprefix(b"q=")
    try:
        return name.strip(), float(given) if given else 1.0
    except ValueError:
        return name.strip(), 0.0


class _Answer:
    """The ``send`` of one request. The head waits for the body, as it does in the server anyway: only then is it known whether it is whole."""

    __slots__ = ("_asked", "_head", "_send")

    def __init__(self, asked: Headers, send: Send) -> None:
        self._asked = asked
        self._send = send
        self._head: Any = None

    async def send(self, message: Message) -> None:
        """Take the head, then the body."""
        if message["type"] == "http.response.start":
            self._head = message
            return
        if (head := self._head) is not None:
            self._head = None
            if head["status"] == 304:
                head = {**head, "headers": [*head["headers"], _VARY]}
            elif _is_whole(message):
                head, message = await self._smaller(head, message)
            await self._send(head)
        await self._send(message)

    async def _smaller(self, head: Any, message: Any) -> tuple[Any, Any]:
        headers = list(head["headers"])
        if not _is_plain_text(headers):
            return head, message
        if not takes_gzip(self._asked):
            return {**head, "headers": [*headers, _VARY]}, message
        body = message["body"]
        body = await asyncio.to_thread(_gzip, body) if len(body) >= LONG else _gzip(body)
        return {**head, "headers": _headers(headers, len(body))}, {**message, "body": body}


def _is_whole(message: Any) -> bool:
    """Whether a message holds a whole body that is long enough to compress."""
    return message["type"] == "http.response.body" and len(message.get("body", b"")) >= LEAST and not message.get("more_body")


def _is_plain_text(headers: Headers) -> bool:
    """Whether the body is text, whole, and in no coding yet."""
    kind = b""
    for name, value in headers:
        if (lower := name.lower()) == b"content-type":
            kind = value
        elif lower in {b"content-encoding", b"content-range", b"accept-ranges"}:
            return False
    return kind.startswith(_TEXT)


def _headers(headers: Headers, size: int) -> list[tuple[bytes, bytes]]:
    """The headers of the compressed answer. Its entity tag becomes a weak one, since the bytes differ and the meaning does not."""
    kept = [each for each in headers if each[0].lower() not in _REPLACED]
    tags = [(name, value if value.startswith(b"W/") else b"W/" + value) for name, value in headers if name.lower() == b"etag"]
    return [*kept, *tags, (b"content-encoding", b"gzip"), (b"content-length", b"%d" % size), _VARY]


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()
