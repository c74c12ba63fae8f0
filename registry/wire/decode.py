"""From the bytes of a request to its message.

Well-formed bodies, which are nearly all, are decoded straight into the struct. Everything else goes through ``tolerant``, which knows
proto2's JSON and says what is wrong in MLflow's words.
"""

from collections.abc import Mapping
from typing import Any, Final, Generic, TypeVar
from urllib.parse import parse_qsl

import msgspec

from registry.errors import BadRequest, InvalidParameterValue
from registry.wire.messages import Message
from registry.wire.tolerant import Reader
from tracing.unreadable import UNREADABLE

__all__ = ("Decoder",)

M = TypeVar("M", bound=Message)
NUL: Final = "A text in the request holds the character NUL, which cannot be stored. Remove it."


class Decoder(Generic[M]):
    """Reads requests of one type. Raises ``InvalidParameterValue``, and ``BadRequest`` for a body that is not an object."""

    def __init__(self, message: type[M]) -> None:
        self._quick = msgspec.json.Decoder(message)
        self._tolerant = Reader(message)

    def body(self, body: bytes, path: Mapping[str, str]) -> M:
        """Decode a JSON body; ``path`` holds parameters that the path gave."""
        if b"\\u0000" in body:
            raise InvalidParameterValue(NUL)
        if not path:
            try:
                return self._quick.decode(body)
            except UNREADABLE:
                pass
        return self._tolerant.read({**_object(body), **path})

    def query(self, query: bytes, path: Mapping[str, str]) -> M:
        """Decode the arguments of a GET."""
        arguments: dict[str, list[str]] = {}
        for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
            arguments.setdefault(name, []).append(value)
        if b"%00" in query:
            raise InvalidParameterValue(NUL)
        return self._tolerant.read_arguments({**arguments, **{name: [value] for name, value in path.items()}})


def _object(body: bytes) -> dict[str, Any]:
    """The JSON object of a body. One that cannot be read is empty, as it is for MLflow; old clients encode theirs twice."""
    value = _json(body)
    if isinstance(value, str):
        value = _json(value)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadRequest(f"The body must be a JSON object, and it is of type '{type(value).__name__}'.")
    return value


def _json(text: bytes | str) -> Any:
    try:
        return msgspec.json.decode(text)
    except UNREADABLE:
        return None
