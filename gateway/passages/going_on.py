"""A response that goes on from another: its conversation, where the vendor does not have it."""

from typing import Final

import msgspec

from gateway.dialects.table import CLIENT_DIALECTS, UPSTREAM_DIALECTS
from gateway.dialects.types import DialectName, Request
from gateway.errors import InvalidRequest
from gateway.types import Previous
from gateway.wire.patch import members, patch

__all__ = ("conversation", "gone_on", "rewritten")

_CONVERSATION: Final = frozenset({"messages", "system", "contents", "systemInstruction", "input", "instructions"})
"""Members that hold what is said, in any dialect."""


def gone_on(body: bytes, previous: Previous | None) -> bytes:
    """A request with the conversation before its own input. Raises ``InvalidRequest`` where that conversation is not known here."""
    found = {member.name: body[member.value : member.end] for member in members(body)}
    if found.get("previous_response_id", b"null") == b"null":
        return body
    if previous is None:
        raise InvalidRequest(
            "'previous_response_id' names no response that is kept here, and the model of this request does not know it either.",
            param="previous_response_id",
        )
    own = found.get("input", b"[]")
    own = b'[{"role":"user","content":' + own + b"}]" if own.startswith(b'"') else own
    joined = previous.items.rstrip()[:-1] + b"," + own.lstrip()[1:] if len(msgspec.json.decode(own)) else previous.items
    return patch(body, {"input": joined, "previous_response_id": None})


def rewritten(body: bytes, dialect: DialectName) -> bytes:
    """A request whose conversation was said by another vendor's model, as this one takes it; all else stays as it was sent."""
    return patch(body, conversation(CLIENT_DIALECTS[dialect].read_request(body), dialect))


def conversation(request: Request, dialect: DialectName) -> dict[str, bytes | None]:
    """The members of a body that hold what is said in ``request``."""
    written = UPSTREAM_DIALECTS[dialect].write_request(request, request.model).body
    return {member.name: written[member.value : member.end] for member in members(written) if member.name in _CONVERSATION}
