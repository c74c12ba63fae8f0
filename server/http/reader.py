"""The bytes of a connection as requests: what httptools makes of them, held to what RFC 9112 asks for beyond it."""

from typing import Final, Protocol, cast
from urllib.parse import unquote

import httptools
from litestar.types import HTTPScope

from registry.artifacts.body import LARGE

__all__ = ("Address", "BadRequest", "Receiver", "RequestReader")

MOST_HEADERS: Final = 64 * 1024

_VERSION: Final = {"version": "3.0", "spec_version": "2.4"}
_WISHES: Final = frozenset({b"connection", b"upgrade", b"http2-settings"})
_HEEDED: Final = frozenset({b"host", b"expect", b"content-length", b"transfer-encoding"})
_VERSIONS: Final = frozenset({"1.0", "1.1"})

Address = tuple[str, int] | None


class BadRequest(Exception):
    """Bytes that are not a request; ``status`` is the answer to them."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Receiver(Protocol):
    """Whoever is told of requests, in the order in which they come."""

    def head_came(self, scope: HTTPScope, *, keep_alive: bool, expects: bool, large: bool) -> None:
        """Take a head. ``expects``: its client waits for a 100; ``large``: ``LARGE`` bytes and more of a body follow. May raise ``BadRequest``."""
        ...

    def body_came(self, body: bytes) -> None:
        """Take bytes of the body of the last head."""
        ...

    def request_ended(self) -> None:
        """Note that the last head's body is whole."""
        ...


class RequestReader:
    """Reads requests one after the other. What begins with ``on_`` is for the parser alone."""

    def __init__(self, receiver: Receiver, client: Address, server: Address) -> None:
        self.on_body = receiver.body_came
        self._receiver = receiver
        self._client, self._server = client, server
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._head_bytes = 0
        self._hosts = 0
        self._in_head = self._expects = self._large = False

    @property
    def within(self) -> bool:
        """Whether a request has begun and is not whole."""
        return self._head_bytes > 0

    def feed(self, data: memoryview) -> None:
        """Read on. Raises ``BadRequest``, after which nothing that follows can be told apart."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._stay(bytes(data[upgrade.args[0] :]))
        except httptools.HttpParserError as error:
            raise error.__context__ if isinstance(error.__context__, BadRequest) else BadRequest(400, "this is no HTTP/1.1") from None

    def skip_body(self) -> None:
        """Take the request for whole: its body went past us."""
        self._parser = httptools.HttpRequestParser(self)  # the other one still waits for it
        self.on_message_complete()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._url, self._headers, self._head_bytes, self._hosts = b"", [], 0, 0
        self._in_head, self._expects, self._large = True, False, False

    def on_url(self, url: bytes) -> None:
        """A piece of the request's target."""
        self._url += url
        self._head_bytes += len(url)
        if self._head_bytes > MOST_HEADERS:
            raise _too_large()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; trailers are left out."""
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > MOST_HEADERS:
            raise _too_large()
        if self._in_head:
            name = name.lower()
            self._headers.append((name, value))
            if name in _HEEDED:
                self._heed(name, value)

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._in_head = False
        if self._parser.should_upgrade():
            return
        version = self._parser.get_http_version()
        self._check(version)
        keep_alive = self._parser.should_keep_alive()
        self._receiver.head_came(self._scope(version), keep_alive=keep_alive, expects=self._expects, large=self._large)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._head_bytes = 0
        self._receiver.request_ended()

    def _heed(self, name: bytes, value: bytes) -> None:
        """A header that says how the request is to be read."""
        if name == b"host":
            self._hosts += 1
        elif name == b"expect":
            self._expects = value.lower() == b"100-continue"
        elif name == b"content-length":
            self._large = int(value) >= LARGE
        elif value.lower() != b"chunked":
            raise BadRequest(501, "the only transfer coding that is understood is chunked")

    def _check(self, version: str) -> None:
        """What the parser lets pass and RFC 9112 does not (sections 2.3 and 3.2): such heads are read in two ways by two servers."""
        if version not in _VERSIONS:
            raise BadRequest(505, "this server speaks HTTP/1.1")
        if self._hosts > 1 or (version == "1.1" and not self._hosts):
            raise BadRequest(400, "a request has one Host header")
        if version == "1.0":
            self._expects = False  # RFC 9110 section 10.1.1

    def _scope(self, version: str) -> HTTPScope:
        raw_path, query = _target(self._url)
        path = raw_path.decode("ascii")
        return cast(
            "HTTPScope",
            {
                "type": "http",
                "asgi": _VERSION,
                "http_version": version,
                "method": self._parser.get_method().decode("ascii"),
                "scheme": "http",
                "path": unquote(path) if "%" in path else path,
                "raw_path": raw_path,
                "query_string": query,
                "root_path": "",
                "headers": self._headers,
                "client": self._client,
                "server": self._server,
                "state": {},
            },
        )

    def _stay(self, rest: bytes) -> None:
        """Read a request for another protocol as it is (RFC 9110 section 7.8); the parser stops at its head, and is given it again without the wish."""
        method, version = self._parser.get_method(), self._parser.get_http_version().encode()
        self._parser = httptools.HttpRequestParser(self)
        if method == b"CONNECT":
            raise BadRequest(405, "this is no proxy")
        lines = [
            b"%b %b HTTP/%b" % (method, self._url, version),
            *(b"%b: %b" % header for header in self._headers if header[0] not in _WISHES),
        ]
        self.feed(memoryview(b"\r\n".join(lines) + b"\r\n\r\n" + rest))


def _target(url: bytes) -> tuple[bytes, bytes]:
    """The path and the query of a request's target."""
    if not url.startswith(b"/"):  # absolute-form (RFC 9112 section 3.2.2), or the asterisk
        parsed = httptools.parse_url(url) if url != b"*" else None
        url = b"*" if parsed is None else (parsed.path or b"/") + (b"?" + parsed.query if parsed.query else b"")
    path, _, query = url.partition(b"?")
    if not path.isascii():
        raise BadRequest(400, "the path holds bytes that must be percent-encoded")
    return path, query


def _too_large() -> BadRequest:
    return BadRequest(431, f"the head of a request may have {MOST_HEADERS} bytes")
