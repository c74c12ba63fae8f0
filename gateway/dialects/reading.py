"""Reading JSON of strangers: a shape or a clear refusal, and what the shape has no place for."""

import re
from functools import cache
from typing import Any, Final, TypeVar

import msgspec

from gateway.errors import InvalidRequest, UpstreamBroken
from tracing.unreadable import UNREADABLE

__all__ = ("arguments", "data_url", "decoded_answer", "decoded_request", "known_members", "member_at_fault", "plain", "too_deep", "unread")

T = TypeVar("T")

_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_DATA_URL: Final = re.compile(r"data:(?P<type>[^;,]*)(?:;[^;,]*)*?(?P<base64>;base64)?,(?P<data>.*)", re.DOTALL)


def decoded_request(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """A client's body. Raises ``InvalidRequest``, which says where it is wrong."""
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"The body cannot be read as a request: {error}.", param=member_at_fault(str(error))) from error
    except RecursionError as error:
        raise too_deep() from error


def decoded_answer(body: bytes, decoder: msgspec.json.Decoder[T], vendor: str) -> T:
    """An upstream's body. Raises ``UpstreamBroken``."""
    try:
        return decoder.decode(body)
    except UNREADABLE as error:
        raise UpstreamBroken(f"The provider's answer is not JSON of {vendor}'s form.") from error


def too_deep() -> InvalidRequest:
    """The error for a body that is nested deeper than it can be walked through."""
    return InvalidRequest("The body is nested too deeply to be read.")


def unread(body: bytes, shape: type[msgspec.Struct]) -> dict[str, msgspec.Raw]:
    """Members of the outermost object that ``shape`` does not have, as they were sent. A ``null`` says nothing, and is left out."""
    known = known_members(shape)
    return {name: value for name, value in _MEMBERS.decode(body).items() if name not in known and bytes(value) != b"null"}


@cache
def known_members(shape: type[msgspec.Struct]) -> frozenset[str]:
    """The names of its members, as they are in JSON."""
    return frozenset(field.encode_name for field in msgspec.structs.fields(shape))


def data_url(url: str) -> tuple[str | None, str] | None:
    """Media type and base64 text of a ``data:`` URL; ``None`` for any other, or one that is not base64."""
    match = _DATA_URL.fullmatch(url)
    if match is None or match["base64"] is None:
        return None
    return match["type"] or None, match["data"]


def arguments(text: str) -> dict[str, Any]:
    """The arguments of a tool call as an object. Models write what they like: no text is no arguments, and what is no object is kept as ``value``."""
    if not text.strip():
        return {}
    try:
        value = msgspec.json.decode(text)
    except UNREADABLE:
        return {"value": text}
    return value if isinstance(value, dict) else {"value": value}


def plain(value: object) -> str:
    """A value as JSON text."""
    return msgspec.json.encode(value).decode()


def member_at_fault(complaint: str) -> str | None:
    """The outermost member that a complaint of the decoder is about."""
    _, dollar, path = complaint.partition("`$.")
    return re.split(r"[.\[`]", path, maxsplit=1)[0] if dollar else None
