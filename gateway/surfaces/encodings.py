"""Bodies that a client compressed (RFC 9110 section 8.4): some agents do, and what is within must be read here and is sent on plain."""

import asyncio
import sys
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from gateway.errors import BodyTooLarge, InvalidRequest

__all__ = ("plain",)

GZIP: Final = 16 + zlib.MAX_WBITS
LONG: Final = 64 * 1024
"""Bytes from which a body is decompressed in a thread."""


async def plain(body: bytes, headers: Iterable[tuple[bytes, bytes]], most: int) -> bytes:
    """``body`` as it was before its ``content-encoding``. Raises ``InvalidRequest``, and ``BodyTooLarge`` for more than ``most`` bytes."""
    encoding = next((value.decode("latin-1").strip().lower() for name, value in headers if name == b"content-encoding"), "identity")
    if encoding in {"identity", ""}:
        return body
    opener = _OPENERS.get(encoding)
    if opener is None:
        raise InvalidRequest(f"A body with content-encoding {encoding!r} is not read here: send {', '.join(_OPENERS)}, or none.")
    opened = await asyncio.to_thread(_opened, opener, body, most, encoding) if len(body) > LONG else _opened(opener, body, most, encoding)
    if len(opened) > most:
        raise BodyTooLarge(f"The body is larger than {most} bytes when it is decompressed (server.max_body_bytes).")
    return opened


def _opened(opener: Callable[[bytes, int], bytes], body: bytes, most: int, encoding: str) -> bytes:
    try:
        return opener(body, most + 1)  # and no more: a small body may stand for gigabytes
    except Exception as error:
        raise InvalidRequest(f"The body is not valid {encoding}.") from error


def _gzip(body: bytes, most: int) -> bytes:
    return _whole(zlib.decompressobj(GZIP), body, most)


def _deflate(body: bytes, most: int) -> bytes:
    return _whole(zlib.decompressobj(), body, most)


def _zstd(body: bytes, most: int) -> bytes:
    # Imported where a body needs it: hardly any does.
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return _whole(zstd.ZstdDecompressor(), body, most)


def _whole(decompressor: Any, body: bytes, most: int) -> bytes:
    opened: bytes = decompressor.decompress(body, most)
    if not decompressor.eof and len(opened) < most:
        raise EOFError("the body is cut off")
    return opened


_OPENERS: Final[Mapping[str, Callable[[bytes, int], bytes]]] = {"gzip": _gzip, "deflate": _deflate, "zstd": _zstd}
