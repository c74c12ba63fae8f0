"""The text of a token: 256 random bits behind a beginning that tells it apart, kept only as a digest. So much chance needs no slow hash."""

import secrets
from hashlib import sha256
from typing import Final

__all__ = ("PREFIX", "digest_of", "make_token", "prefix_of")

PREFIX: Final = "tgu-"


def make_token() -> str:
    """A new token, as its owner sees it once."""
    return PREFIX + secrets.token_urlsafe(32)


def digest_of(token: bytes) -> str:
    """The SHA-256 that is kept of a token."""
    return sha256(token).hexdigest()


def prefix_of(token: str) -> str:
    """The first letters of a token, which people tell tokens apart by."""
    return token[: len(PREFIX) + 6]
