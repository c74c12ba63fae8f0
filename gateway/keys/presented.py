"""The keys that a request shows, wherever its client is used to put them."""

import base64
import binascii
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qs

__all__ = ("GOOGLE_PATHS", "PROOFS", "key_in_query", "presented_keys")

GOOGLE_PATHS = ("/v1beta/", "/upload/", "/gemini/", "/gateway/gemini/")

_PLAIN = frozenset({b"x-api-key", b"api-key", b"x-goog-api-key"})
"""Anthropic's header, Azure's and Google's."""

PROOFS = _PLAIN | {b"authorization"}
"""Every header in which a client may show who it is."""


def presented_keys(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[bytes]:
    """Each key, from plain headers, ``Authorization: Bearer`` and the password of HTTP Basic."""
    for name, value in headers:
        if name in _PLAIN:
            yield value
        elif name == b"authorization":
            yield from _authorization(value)


def key_in_query(path: str, query: bytes) -> bytes | None:
    """Google's clients may put the key into the URL, as ``?key=``: at their paths, and nowhere else."""
    if not path.startswith(GOOGLE_PATHS) or b"key=" not in query:
        return None
    found = parse_qs(query).get(b"key")
    return found[0] if found else None


def _authorization(value: bytes) -> Iterator[bytes]:
    scheme, _, rest = value.partition(b" ")
    if scheme.lower() == b"bearer":
        yield rest.strip()
    elif scheme.lower() == b"basic":
        try:
            yield base64.b64decode(rest, validate=True).partition(b":")[2]
        except binascii.Error:
            return
