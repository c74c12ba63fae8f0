"""Signatures of thoughts on their way through a client of another dialect.

To a client a signature is opaque text that it sends back. One that came from another vendor than the client believes is marked, so that it is
given back to whoever made it, and never to anybody who would refuse the request over it.
"""

from typing import Final

from gateway.dialects.types import DialectName, Reasoning

__all__ = ("marked", "opened", "sealed", "unmarked")

_MARK: Final = "tidegate."
_REDACTED: Final = "redacted."
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


def sealed(thought: Reasoning, home: DialectName) -> str | None:
    """What only its vendor can read of a thought, as one opaque text: its signature, or all of it."""
    text = thought.signature if thought.redacted is None else _REDACTED + thought.redacted
    return None if text is None else marked(text, thought.origin, home)


def opened(text: str, seal: str | None, home: DialectName) -> Reasoning:
    """The thought again; ``text`` is what all could read of it."""
    if seal is None:
        return Reasoning(text=text)
    original, origin = unmarked(seal, home)
    if original.startswith(_REDACTED):
        return Reasoning(redacted=original.removeprefix(_REDACTED), origin=origin)
    return Reasoning(text=text, signature=original, origin=origin)
