"""What an account has made, by the name under which it is asked for again."""

from typing import Any, Final

import msgspec

from gateway.passages.passthrough import dialect_at
from gateway.types import Inbound
from tracing.unreadable import UNREADABLE

__all__ = ("made_in",)

LARGEST: Final = 64 * 1024
"""Bytes of an answer that is looked at: what tells of something new is small."""


class Made(msgspec.Struct):
    """``id`` of OpenAI's and Anthropic's things; Google's have names: ``files/a``, ``cachedContents/b``."""

    id: Any = None
    name: Any = None
    file: Any = None


_MADE: Final = msgspec.json.Decoder(Made)


def made_in(inbound: Inbound, body: bytes) -> str:
    """The name in the answer to a request that made something; ``""`` in all others, and for generations."""
    resource = inbound.resource
    if resource is None or resource.method not in {"POST", "PUT"} or not 0 < len(body) <= LARGEST or dialect_at(resource.path) is not None:
        return ""
    try:
        made = _MADE.decode(body)
    except UNREADABLE:
        return ""
    names = (made.name, made.file.get("name") if isinstance(made.file, dict) else None)
    return next(filter(_is_text, (made.id, *filter(_is_path, names))), "")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_path(name: object) -> bool:
    return isinstance(name, str) and "/" in name
