"""The text of a virtual key: made of 256 random bits, told apart by its beginning, kept only as a digest.

So much chance needs no slow hash: nobody guesses it, with the digest or without.
"""

import secrets
from hashlib import sha256
from typing import Final

__all__ = ("digest_of", "looks_like_ours", "make_key", "prefix_of")

PREFIX: Final = "tg-"
SHOWN: Final = len(PREFIX) + 6


def make_key() -> str:
    """A new key, as its owner sees it once."""
    return PREFIX + secrets.token_urlsafe(32)


def digest_of(key: bytes) -> bytes:
    """The SHA-256 of a key, which is all that is kept of it."""
    return sha256(key).digest()


def prefix_of(key: str) -> str:
    """The first letters of a key, which people tell keys apart by."""
    return key[:SHOWN]


def looks_like_ours(key: bytes) -> bool:
    """Whether it was meant to be a virtual key."""
    return key.startswith(PREFIX.encode())
