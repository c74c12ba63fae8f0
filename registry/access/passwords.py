"""Passwords at rest: scrypt, with the parameters kept beside each hash so that they can grow."""

import base64
import hashlib
import hmac
import secrets
from typing import Final

__all__ = ("NOBODY", "hash_password", "verify_password")

COST: Final = 2**14
BLOCK: Final = 8
LANES: Final = 1
"""16 MiB and some 50 ms: RFC 7914's figures for a sign-in that somebody waits for."""

SALT_BYTES: Final = 16
MEMORY: Final = 64 * 2**20


def hash_password(password: str) -> str:
    """What is stored: ``scrypt$cost$block$lanes$salt$digest``. Takes some 50 ms: call it off the event loop."""
    salt = secrets.token_bytes(SALT_BYTES)
    digest = hashlib.scrypt(password.encode(), salt=salt, n=COST, r=BLOCK, p=LANES, maxmem=MEMORY)
    return "$".join(("scrypt", str(COST), str(BLOCK), str(LANES), _text(salt), _text(digest)))


def verify_password(password: str, stored: str) -> bool:
    """Whether a password is the one that was hashed; as slow as hashing it."""
    _, cost, block, lanes, salt, digest = stored.split("$")
    found = hashlib.scrypt(password.encode(), salt=_bytes(salt), n=int(cost), r=int(block), p=int(lanes), maxmem=MEMORY)
    return hmac.compare_digest(found, _bytes(digest))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)


NOBODY: Final = "$".join(("scrypt", str(COST), str(BLOCK), str(LANES), _text(bytes(SALT_BYTES)), _text(bytes(64))))
"""The hash of no password: checked for names that nobody has, so that the time does not tell them apart."""
