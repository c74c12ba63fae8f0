"""Signatures of thoughts on their way through a client of another dialect.

To a client a signature is opaque text that it sends back. One that came from another vendor than the client believes is marked, so that it is
given back to whoever made it, and never to anybody who would refuse the request over it.
"""

from typing import Final

from gateway.dialects.types import DialectName

__all__ = ("marked", "unmarked")

_MARK: Final = "tidegate."
_ORIGINS: Final = {name.value: name for name in DialectName}


def marked(signature: str, origin: DialectName | None, home: DialectName) -> str:
    """``signature`` for a client of the dialect ``home``."""
    return signature if origin in (None, home) else f"{_MARK}{origin}:{signature}"


def unmarked(signature: str, home: DialectName) -> tuple[str, DialectName]:
    """The signature as it was made, and the dialect of its maker."""
    if signature.startswith(_MARK):
        origin, colon, original = signature.removeprefix(_MARK).partition(":")
        if colon and origin in _ORIGINS:
            return original, _ORIGINS[origin]
    return signature, home
