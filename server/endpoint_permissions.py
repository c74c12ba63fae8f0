"""Who may call an endpoint that was set up through MLflow's API: whoever may ``USE`` it. Looked up in memory; no request waits for a database.

Where nothing was granted on it, everybody may who calls models at all, which the server's gate has decided by then.
"""

from collections.abc import Mapping
from typing import Final

from gateway.errors import EndpointNotAllowed
from gateway.policies import Call, Outcome
from registry.access.permissions import allows, resolve
from registry.access.types import CALLER, Caller

__all__ = ("EndpointPermissions",)

KIND: Final = "gateway_endpoint"


class EndpointPermissions:
    """Implements ``gateway.policies.Policy`` and ``Withholding``. ``endpoints`` are the ids of endpoints by name of their route."""

    def __init__(self, endpoints: Mapping[str, str]) -> None:
        self._endpoints = endpoints

    async def admit(self, call: Call) -> None:
        """Raise ``EndpointNotAllowed`` for a caller who may not use the endpoint.

        Requests of the server's own judges, caches and guardrails pass.
        """
        if call.inbound.origin or self.shows(call.plan.route):
            return
        raise EndpointNotAllowed(
            f"You are signed in as {_name()!r}, who has no USE permission on the endpoint {call.plan.route!r}. "
            "An administrator, or whoever manages the endpoint, can grant it.",
            param="model",
        )

    def shows(self, route: str) -> bool:
        """Whether the caller may use the endpoint of this name; other routes are not asked about here."""
        caller, endpoint_id = CALLER.get(), self._endpoints.get(route)
        return caller is None or endpoint_id is None or _may_use(caller, endpoint_id)

    def settle(self, call: Call, outcome: Outcome) -> None:
        """Nothing to settle."""


def _name() -> str:
    caller = CALLER.get()
    return caller.user.username if caller else ""


def _may_use(caller: Caller, endpoint_id: str) -> bool:
    return caller.is_administrator or allows(resolve(caller.grants, KIND, endpoint_id, default="USE"), "use")
