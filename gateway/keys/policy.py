"""What a key opens: its routes, its models, as long as it is valid. The caller is known to the policies that follow, and to the span."""

from collections.abc import Iterable
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from gateway.errors import KeyNotAllowed, Unauthenticated
from gateway.keys.index import KeyIndex
from gateway.keys.types import Caller, VirtualKey
from gateway.policies import Call
from gateway.types import Plan

__all__ = ("KeyPolicy", "caller_of")

_USER_HEADER = b"x-tidegate-user-id"


class KeyPolicy:
    """Implements ``gateway.policies.Policy``. Requests without a virtual key pass: whether they may is the server's gate to say."""

    def __init__(self, index: KeyIndex) -> None:
        self._index = index

    def admit(self, call: Call) -> None:
        """Refuse what the shown key does not open.

        Raises ``Unauthenticated`` for a key that is revoked, disabled or expired, ``KeyNotAllowed`` for a route or a model that it does not
        open.
        """
        key = None if call.inbound.origin else self._index.of(call.inbound.headers)
        call.caller = caller_of(key, call)
        if key is not None:
            call.attributes |= _attributes(key)
            _refuse_invalid(key)
            _refuse_out_of_scope(key, call.plan)

    def settle(self, call: Call, outcome: object) -> None:
        """Nothing to settle."""


def caller_of(key: VirtualKey | None, call: Call) -> Caller:
    """Who asks: a key's own user wins over the one that the request names."""
    user = (key.user if key else "") or _named_user(call)
    return Caller(key, key.team if key else "", user)


def _named_user(call: Call) -> str:
    """The header's user, else the body's: ``user`` of OpenAI's dialect, ``metadata.user_id`` of Anthropic's."""
    header = _header(call.inbound.headers, _USER_HEADER)
    if header:
        return header
    head: Any = call.head
    named = head.user or (head.metadata.get("user_id") if isinstance(head.metadata, dict) else None)
    return named if isinstance(named, str) else ""


def _header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str:
    for key, value in headers:  # a generator, on the way of each request, would cost as much as all the rest here
        if key == name:
            return value.decode("latin-1")
    return ""


def _attributes(key: VirtualKey) -> dict[str, str]:
    found = {"tidegate.key.id": key.id, "tidegate.key.name": key.name, "tidegate.team": key.team, "user.id": key.user}
    return {name: value for name, value in found.items() if value}


def _refuse_invalid(key: VirtualKey) -> None:
    state = key.state(datetime.now(UTC))
    if state != "active":
        raise Unauthenticated(f"The key {key.name!r} ({key.prefix}…) is {state}.")


def _refuse_out_of_scope(key: VirtualKey, plan: Plan) -> None:
    """A route that is listed opens with whatever targets it has; without one, every target must be listed."""
    if not key.routes and not key.models:
        return
    if plan.route and plan.route in key.routes:
        return
    named = [target.name for target in plan.targets]
    if key.models and all(any(fnmatchcase(name, pattern) for pattern in key.models) for name in named) and not (plan.route and key.routes):
        return
    opened = ", ".join(repr(name) for name in (*key.routes, *key.models))
    raise KeyNotAllowed(f"The key {key.name!r} does not open {plan.route or named[0]!r}; it opens {opened}.", param="model")
