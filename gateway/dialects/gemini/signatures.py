"""Signatures in this dialect are bytes, so text in base64: its SDKs decode them. A mark of ours has to be in there, too."""

import base64
import binascii
from typing import Final

from gateway.dialects.signatures import marked, unmarked
from gateway.dialects.types import DialectName, Reasoning

__all__ = ("read_thought", "written_signature")

_REDACTED: Final = "redacted."


def written_signature(thought: Reasoning) -> str | None:
    """``thoughtSignature`` of a thought, whoever made it."""
    signature = thought.signature if thought.redacted is None else _REDACTED + thought.redacted
    if signature is None:
        return None
    told = marked(signature, thought.origin, DialectName.GEMINI)
    return signature if told == signature else base64.b64encode(told.encode()).decode()


def read_thought(text: str, signature: str | None) -> Reasoning:
    """A thought that came back."""
    if signature is None:
        return Reasoning(text=text)
    original, origin = unmarked(_plain(signature), DialectName.GEMINI)
    if origin is DialectName.GEMINI:
        return Reasoning(text=text, signature=signature, origin=origin)
    if original.startswith(_REDACTED):
        return Reasoning(redacted=original.removeprefix(_REDACTED), origin=origin)
    return Reasoning(text=text, signature=original, origin=origin)


def _plain(signature: str) -> str:
    try:
        return base64.b64decode(signature, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return signature
