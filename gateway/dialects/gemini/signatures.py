"""Signatures in this dialect are bytes, so text in base64: its SDKs decode them. A mark of ours has to be in there, too."""

import base64
import binascii

from gateway.dialects.signatures import opened, sealed
from gateway.dialects.types import DialectName, Reasoning

__all__ = ("read_thought", "written_signature")


def written_signature(thought: Reasoning) -> str | None:
    """``thoughtSignature`` of a thought, whoever made it."""
    seal = sealed(thought, DialectName.GEMINI)
    return seal if seal is None or seal == thought.signature else base64.b64encode(seal.encode()).decode()


def read_thought(text: str, signature: str | None) -> Reasoning:
    """A thought that came back."""
    thought = opened(text, None if signature is None else _plain(signature), DialectName.GEMINI)
    if thought.origin is DialectName.GEMINI and thought.redacted is None:
        return Reasoning(text=text, signature=signature, origin=thought.origin)
    return thought


def _plain(signature: str) -> str:
    try:
        return base64.b64decode(signature, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return signature
