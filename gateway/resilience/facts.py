"""What the rules of a route look at, read from a request."""

from gateway.dialects.types import DialectName
from gateway.resilience.affinity import Affinity, kept_in, sealed_in
from gateway.resilience.rules import Rules
from gateway.resilience.types import Facts
from gateway.types import Inbound
from gateway.wire.openai import RequestHead
from tracing.unreadable import UNREADABLE

__all__ = ("facts_of",)

SESSION = b"x-tidegate-session-id"


def facts_of(inbound: Inbound, head: RequestHead, rules: Rules, made: Affinity) -> Facts:
    """The facts; parameters are read only where a condition asks about them. ``made`` is what accounts are known to keep."""
    headers = dict(inbound.headers)
    return Facts(
        stream=bool(head.stream),
        sticky=next(filter(None, (_sticky(kind, headers, head) for kind in rules.sticky)), ""),
        previous_response=_previous(inbound, head),
        account=_account(inbound.body, made),
        metadata=head.metadata,
        headers=headers,
        parameters=_parameters(inbound.body, rules),
    )


def _previous(inbound: Inbound, head: RequestHead) -> str:
    """The response that the request goes on from: by its id, or by a thought that comes back with it."""
    if isinstance(head.previous_response_id, str):
        return head.previous_response_id
    return sealed_in(inbound.body) if inbound.dialect is DialectName.OPENAI_RESPONSES else ""


def _account(body: bytes, made: Affinity) -> str:
    if not made:
        return ""
    keepers = (made.target(name) for name in kept_in(body))
    return next((target.provider for target in keepers if target is not None), "")


def _sticky(kind: str, headers: dict[bytes, bytes], head: RequestHead) -> str:
    if kind == "session":
        return headers.get(SESSION, b"").decode("latin-1")
    return head.user if isinstance(head.user, str) else ""


def _parameters(body: bytes, rules: Rules) -> dict[str, object]:
    if rules.read_parameters is None:
        return {}
    try:
        return dict(rules.read_parameters(body))
    except UNREADABLE:
        return {}
