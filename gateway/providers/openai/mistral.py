"""Messages as Mistral takes them: it refuses members that OpenAI's clients send back with an answer, and ids of calls that are not its own.

https://docs.mistral.ai/api/#tag/chat
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

import msgspec

__all__ = ("mistral_messages",)

KNOWN: Final[Mapping[str, frozenset[str]]] = {
    "system": frozenset({"role", "content"}),
    "user": frozenset({"role", "content"}),
    "assistant": frozenset({"role", "content", "tool_calls", "prefix"}),
    "tool": frozenset({"role", "content", "tool_call_id", "name"}),
}
_ID: Final = re.compile(r"[A-Za-z0-9]{9}")


def mistral_messages(messages: bytes) -> bytes:
    """``messages`` as Mistral takes them; the same bytes where nothing has to be changed."""
    sent = msgspec.json.decode(messages)
    if not isinstance(sent, list):
        return messages
    taken = [_message(message) if isinstance(message, dict) else message for message in sent]
    return messages if taken == sent else msgspec.json.encode(taken)


def _message(message: dict[str, Any]) -> dict[str, Any]:
    known = KNOWN.get(str(message.get("role")))
    if known is None:
        return message
    kept = {name: value for name, value in message.items() if name in known and not (name == "tool_calls" and value is None)}
    if message.get("refusal") and not kept.get("content"):
        kept["content"] = message["refusal"]
    if isinstance(kept.get("tool_calls"), list):
        kept["tool_calls"] = [_call(call) if isinstance(call, dict) else call for call in kept["tool_calls"]]
    if "tool_call_id" in kept:
        kept["tool_call_id"] = _id(kept["tool_call_id"])
    return kept


def _call(call: dict[str, Any]) -> dict[str, Any]:
    return {**call, "id": _id(call["id"])} if "id" in call else call


def _id(sent: Any) -> Any:
    """An id of nine letters and digits; the same one for the call and for its result."""
    if not isinstance(sent, str) or _ID.fullmatch(sent):
        return sent
    return sha256(sent.encode()).hexdigest()[:9]
