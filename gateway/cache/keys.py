"""What makes two requests the same. Pure.

Everything that may change an answer is in the key, and whoever may not see another's answers has keys of his own: tenant, route, upstream,
model, dialect, guardrails, and the body as canonical JSON. ``stream`` is not in it where one form of an answer can be told as the other.
"""

from hashlib import sha256
from typing import Any, Final, Literal

import msgspec

from gateway.dialects.types import DialectName
from gateway.policies import Call
from gateway.types import Operation, Target
from tracing.unreadable import UNREADABLE

__all__ = ("Per", "convertible", "equal_body", "fingerprint", "key_of", "of_route", "tenant_of")

Per = Literal["team", "key", "user"]

_APART: Final = ("model", "stream", "stream_options")
"""Members that the key has in another form, or that only say how an answer is told."""

_STATEFUL: Final = ("previous_response_id", "conversation", "background")
"""Members whose meaning lies with the vendor: such requests are never the same."""

_FIELDS = msgspec.json.Decoder(dict[str, Any])


def tenant_of(call: Call, per: Per) -> list[str]:
    """Who shares answers. Without a virtual key it is whoever may use the server; judges are apart."""
    if call.inbound.origin is not None:
        return ["judges"]
    key, caller = call.caller.key, call.caller
    if key is None:
        return ["user", caller.user] if per == "user" else []
    if per == "team" and key.team:
        return ["team", key.team]
    return ["key", key.id, caller.user] if per == "user" else ["key", key.id]


def equal_body(call: Call) -> dict[str, Any] | None:
    """The request as it goes out, edits applied; ``None`` where it has no equal."""
    body = _body(call)
    return None if body is None or any(body.get(name) for name in _STATEFUL) else body


def fingerprint(call: Call, body: dict[str, Any], per: Per, variant: str) -> str:
    """A digest of everything in the key but the target; ``variant`` is whatever else makes answers differ."""
    form = [] if convertible(call) else [bool(call.head.stream), body.get("stream_options")]
    said = {name: value for name, value in body.items() if name not in _APART}
    whole = ["1", tenant_of(call, per), call.plan.route, call.inbound.operation.value, call.inbound.dialect.value, variant, form, said]
    return sha256(msgspec.json.encode(whole, order="sorted")).hexdigest()


def key_of(digest: str, call: Call, target: Target) -> str:
    """The key of an answer of ``target``. An account that is moved to another address is another upstream."""
    address = call.providers[target.provider].address
    return of_route(call.plan.route) + sha256(f"{digest}\n{target.name}\n{address}".encode()).hexdigest()


def of_route(name: str) -> str:
    """The prefix of all keys of a route, so that they can be found. It is a digest, since a key is also the name of a file."""
    return sha256(name.encode()).hexdigest()[:16] + "-"


def convertible(call: Call) -> bool:
    """Whether a stream can be told as a whole answer, and the other way: chats in OpenAI's dialect."""
    return call.inbound.operation is Operation.CHAT and call.inbound.dialect is DialectName.OPENAI_CHAT


def _body(call: Call) -> dict[str, Any] | None:
    try:
        body = _FIELDS.decode(call.rewritten if call.rewritten is not None else call.inbound.body)
    except UNREADABLE:
        return None
    for name, value in call.edits.items() if call.rewritten is None else ():
        if value is None:
            body.pop(name, None)
        else:
            body[name] = msgspec.json.decode(value)
    return body
