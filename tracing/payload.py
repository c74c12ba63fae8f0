r"""Payloads: whatever an attribute held, as JSON text that can be stored and searched.

Text that is JSON already stays as it is, byte for byte, unless it writes letters as ``\u`` escapes: those would hide from a search in any
language but English. Anything else is encoded.
"""

import json
import re
from collections.abc import Mapping
from typing import Final

import msgspec

from tracing.types import Attribute
from tracing.unreadable import UNREADABLE

__all__ = ("MAX_PAYLOAD", "TEXTS", "cut", "decode", "encode", "reads_as_another", "to_json", "values")

MAX_PAYLOAD: Final = 1024 * 1024
"""Largest payload stored, in characters. A longer one is shortened inside, so that it stays JSON."""

TEXTS: Final = "tidegate.texts"
"""The attribute of a stored span that lists those of its attributes that were text though they read as another value: ``1`` beside them is a number."""

_LONGEST_TEXT: Final = 16 * 1024
_OPENING: Final = frozenset("[{")
_SCALAR: Final = re.compile(r"[ \t\r\n]*(?:true|false|null|-?[0-9][0-9.eE+-]*)[ \t\r\n]*")
_encoder = msgspec.json.Encoder(enc_hook=str)


def encode(value: object) -> str:
    """JSON text of a value, UTF-8 and unescaped."""
    return _encoder.encode(value).decode()


def decode(payload: str) -> object:
    """The value of a payload; text that is not JSON is its own value. Python's ``NaN`` and ``Infinity`` in it become text, as OTLP's do."""
    try:
        return msgspec.json.decode(payload)
    except UNREADABLE:
        return _decoded_by_python(payload) if payload[:1] in _OPENING and ("NaN" in payload or "Infinity" in payload) else payload


def reads_as_another(text: str) -> bool:
    """Whether ``decode`` takes a text for a number, a truth value or nothing: ``1``, ``true``, ``null``."""
    return _SCALAR.fullmatch(text) is not None and not isinstance(decode(text), str)


def values(attributes: Mapping[str, str]) -> dict[str, object]:
    """What a stored span's attributes were before they were texts."""
    listed = decode(attributes.get(TEXTS, ""))
    texts = frozenset(map(str, listed)) if isinstance(listed, list) else frozenset()
    return {key: text if key in texts else decode(text) for key, text in attributes.items() if key != TEXTS}


def _decoded_by_python(payload: str) -> object:
    try:
        found: object = json.loads(payload, parse_constant=lambda word: str(float(word)))
        encode(found)  # refuses half a pair of surrogates, which Python reads
    except (ValueError, RecursionError):
        return payload
    return found


def to_json(value: Attribute) -> str | None:
    """Make a payload of an attribute. ``None`` for an empty one."""
    if not isinstance(value, str):
        return None if value is None else encode(value)
    if not value:
        return None
    if value[0] not in "[{" or value[-1] not in "]}":
        return encode(value)
    if "\\u" in value:
        return encode(decode(value))
    return value if _is_json(value) else encode(decode(value))


def cut(payload: str, limit: int = MAX_PAYLOAD) -> tuple[str, bool]:
    """Shorten a payload to about ``limit`` characters, and say whether anything was lost. What remains is JSON."""
    if len(payload) <= limit:
        return payload, False
    shorter = encode(_shorten(decode(payload)))
    if len(shorter) <= limit:
        return shorter, True
    return encode(payload[: limit // 2]), True


def _shorten(value: object) -> object:
    if isinstance(value, str):
        lost = len(value) - _LONGEST_TEXT
        return value if lost <= 0 else f"{value[:_LONGEST_TEXT]}… [{lost} more characters]"
    if isinstance(value, list):
        return [_shorten(item) for item in value]
    if isinstance(value, dict):
        return {key: _shorten(item) for key, item in value.items()}
    return value


def _is_json(value: str) -> bool:
    try:
        msgspec.json.decode(value, type=msgspec.Raw)
    except UNREADABLE:
        return False
    return True
