"""From an answer or an error to the bytes of its JSON."""

import math
from typing import Any, Final

import msgspec

from registry.errors import RegistryError
from registry.wire.messages import Message

__all__ = ("EMPTY", "encode", "encode_error")

EMPTY: Final = b"{}"
_encoder: Final = msgspec.json.Encoder()


def encode(answer: Message | None) -> bytes:
    """The JSON of an answer. Numbers that JSON does not have go out as text: ``"NaN"``, ``"Infinity"``, ``"-Infinity"``."""
    if answer is None:
        return EMPTY
    body = _encoder.encode(answer)
    # The encoder writes them as null, and a field that is not set is not written at all: without a null there is nothing to do.
    return _encoder.encode(_spelled(msgspec.to_builtins(answer))) if b"null" in body else body


def encode_error(error: RegistryError) -> bytes:
    """The body that the client makes an exception of."""
    return _encoder.encode({"error_code": error.error_code, "message": error.message})


def _spelled(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: _spelled(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_spelled(each) for each in value]
    return value
