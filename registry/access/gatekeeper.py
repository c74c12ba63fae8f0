"""The gatekeeper of MLflow's endpoints: asks what an endpoint needs, refuses or lets it answer, and sorts out what the caller may not see."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import msgspec

from registry.access.permissions import ANY, WORKSPACE, canonical
from registry.access.requirements import MAKE, Lookup, Need, area_of, needs
from registry.access.roles import RoleService
from registry.access.types import CALLER, Caller
from registry.errors import PermissionDenied
from registry.wire import Endpoint, Message
from registry.workspaces.scope import scoped

__all__ = ("DENIED", "Gatekeeper", "permitted", "refilled")

DENIED: Final = "Permission denied."
UNDIVIDED: Final = frozenset({"gateway", "webhooks"})
"""What is the whole server's: roles of a workspace open nothing of it."""

NOWHERE: Final = "-1"
"""Stands for the experiments that may not be read: a search that names none would be refused, and this one finds nothing."""


class Gatekeeper:
    """Calls endpoints in the name of ``CALLER``; without one, everything is allowed."""

    def __init__(self, roles: RoleService, lookup: Lookup) -> None:
        self._roles = roles
        self._lookup = lookup

    async def __call__(self, endpoint: Endpoint[Any], message: Any) -> Message | None:
        """The endpoint's answer. Raises ``PermissionDenied``, and all that the endpoint raises."""
        caller = CALLER.get()
        if caller is None or caller.is_administrator:
            answer = await endpoint.handler(message)
        else:
            answer = await self._guarded(caller, endpoint, message)
        if (after := AFTERMATHS.get(endpoint.path)) is not None:
            await after(self._roles, message, answer)
        return answer

    async def _guarded(self, caller: Caller, endpoint: Endpoint[Any], message: Any) -> Message | None:
        if area_of(endpoint.path) in UNDIVIDED:
            caller = caller.home or caller
        for need in await needs(endpoint.method, endpoint.path, message, self._lookup):
            if not permitted(caller, need):
                raise PermissionDenied(DENIED)
        if (narrow := NARROWED.get(endpoint.path)) is not None:
            message = narrow(caller, message)
        if (visible := VISIBLE.get(endpoint.path) or VISIBLE.get(f"{endpoint.method} {endpoint.path}")) is not None:
            return await refilled(endpoint.handler, message, visible[0], lambda item: visible[1](caller, item))
        answer = await endpoint.handler(message)
        if area_of(endpoint.path) == "experiments" and endpoint.path.endswith("/get-by-name") and answer is not None:
            _check_named(caller, answer)
        return answer


def permitted(caller: Caller, need: Need) -> bool:
    """Whether a caller may do what is needed."""
    if need.resource_type == WORKSPACE:
        return caller.may_make() if need == MAKE else caller.is_administrator
    if need.resource_type.startswith("registered_model"):
        return _may_with_model(caller, need)
    return caller.may(need.action, need.resource_type, canonical(_whole(need.resource_type), need.resource_id))


def _whole(resource_type: str) -> str:
    return "experiment" if resource_type in {"run", "logged_model", "trace", "assessment", "review_queue"} else resource_type


def _may_with_model(caller: Caller, need: Need) -> bool:
    """A prompt is a registered model to MLflow's client: a grant on it may be of either type, and a ``DENY`` of either denies."""
    caller = caller.at("registered_model", need.resource_id)
    kinds = ("registered_model", "prompt") if need.resource_type == "registered_model" else ("registered_model_version", "prompt_version")
    named = {each.resource_type for each in caller.grants if each.resource_pattern in {need.resource_id, ANY}}
    asked = [kind for kind in kinds if kind in named or kind.removesuffix("_version") in named] or [kinds[0]]
    permissions = [caller.permission(kind, need.resource_id) for kind in asked]
    return "DENY" not in permissions and any(caller.may(need.action, kind, need.resource_id) for kind in asked)


def _check_named(caller: Caller, answer: Any) -> None:
    if not caller.may("read", "experiment", answer.experiment.experiment_id):
        raise PermissionDenied(DENIED)


# Searches within experiments: those that may not be read are as if they had nothing in them.


def _readable(caller: Caller, kind: str, experiments: Sequence[str]) -> list[str]:
    return [each for each in experiments if caller.may("read", kind, canonical("experiment", each))] or [NOWHERE]


def _narrow_runs(caller: Caller, message: Any) -> Any:
    return msgspec.structs.replace(message, experiment_ids=_readable(caller, "run", message.experiment_ids))


def _narrow_logged_models(caller: Caller, message: Any) -> Any:
    return msgspec.structs.replace(message, experiment_ids=_readable(caller, "logged_model", message.experiment_ids))


def _narrow_traces(caller: Caller, message: Any) -> Any:
    return msgspec.structs.replace(
        message, locations=[each if _place_is_readable(caller, each) else _nowhere(each) for each in message.locations]
    )


def _place_is_readable(caller: Caller, location: Any) -> bool:
    place = location.mlflow_experiment
    return place is None or caller.may("read", "trace", canonical("experiment", place.experiment_id))


def _nowhere(location: Any) -> Any:
    return msgspec.structs.replace(location, mlflow_experiment=msgspec.structs.replace(location.mlflow_experiment, experiment_id=NOWHERE))


NARROWED: Final[dict[str, Callable[[Caller, Any], Any]]] = {
    "/2.0/mlflow/runs/search": _narrow_runs,
    "/2.0/mlflow/logged-models/search": _narrow_logged_models,
    "/3.0/mlflow/traces/search": _narrow_traces,
}

# Searches over everything: what may not be read is left out, and the page filled again.

Sees = Callable[[Caller, Any], bool]
# Where something is made at the same path, the method stands before it.
VISIBLE: Final[dict[str, tuple[str, Sees]]] = {
    "/2.0/mlflow/experiments/search": ("experiments", lambda caller, item: caller.may("read", "experiment", item.experiment_id)),
    "/2.0/mlflow/registered-models/search": (
        "registered_models",
        lambda caller, item: permitted(caller, Need("read", "registered_model", scoped(item.name))),
    ),
    "/2.0/mlflow/model-versions/search": (
        "model_versions",
        lambda caller, item: permitted(caller, Need("read", "registered_model_version", scoped(item.name))),
    ),
    "/3.0/mlflow/datasets/search": ("datasets", lambda caller, item: all(_reads(caller, each) for each in item.experiment_ids)),
    "/3.0/mlflow/issues/search": ("issues", lambda caller, item: _reads(caller, item.experiment_id)),
    "/3.0/mlflow/scorers/list": ("scorers", lambda caller, item: _reads(caller, str(item.experiment_id))),
    "GET /3.0/mlflow/mcp-servers": ("mcp_servers", lambda caller, item: caller.may("read", "mcp_server", scoped(item.name))),
    "/3.0/mlflow/mcp-servers/endpoints": (
        "mcp_access_endpoints",
        lambda caller, item: caller.may("read", "mcp_server", scoped(item.server_name)),
    ),
    "GET /3.0/mlflow/skills": ("skills", lambda caller, item: caller.may("read", "skill", scoped(_named(item)))),
    "/3.0/mlflow/gateway/secrets/list": ("secrets", lambda caller, item: caller.may("read", "gateway_secret", item.secret_id)),
    "/3.0/mlflow/gateway/endpoints/list": ("endpoints", lambda caller, item: caller.may("read", "gateway_endpoint", item.endpoint_id)),
    "/3.0/mlflow/gateway/model-definitions/list": (
        "model_definitions",
        lambda caller, item: caller.may("read", "gateway_model_definition", item.model_definition_id),
    ),
}


def _named(skill: Any) -> str:
    name: str = skill.name
    return f"@{skill.organization}/{name}" if skill.organization else name


def _reads(caller: Caller, experiment_id: str) -> bool:
    return caller.may("read", "experiment", canonical("experiment", experiment_id))


async def refilled(ask: Callable[[Any], Awaitable[Any]], message: Any, field: str, sees: Callable[[Any], bool]) -> Message | None:
    """One page of what the caller may see.

    Pages of the endpoint are read until it is full. The last of them ends where this page does, so its token continues from here.
    """
    found: list[Any] = []
    while True:
        answer: Any = await ask(message)
        seen = [item for item in getattr(answer, field) if sees(item)]
        found += seen
        missing = (getattr(message, "max_results", None) or 0) - len(seen)
        if missing <= 0 or not getattr(answer, "next_page_token", None):
            uncounted = {"total_count": None} if hasattr(answer, "total_count") else {}
            full: Message = msgspec.structs.replace(answer, **{field: found}, **uncounted)
            return full
        message = msgspec.structs.replace(message, page_token=answer.next_page_token, max_results=missing)


# What follows from an answer: who makes a thing manages it, and permissions live and move with their things.


async def _made_experiment(roles: RoleService, message: Any, answer: Any) -> None:
    await roles.made("experiment", answer.experiment_id)


async def _made_model(roles: RoleService, message: Any, answer: Any) -> None:
    await roles.made("registered_model", message.name)


async def _made_secret(roles: RoleService, message: Any, answer: Any) -> None:
    await roles.made("gateway_secret", answer.secret.secret_id)


async def _made_definition(roles: RoleService, message: Any, answer: Any) -> None:
    await roles.made("gateway_model_definition", answer.model_definition.model_definition_id)


async def _made_endpoint(roles: RoleService, message: Any, answer: Any) -> None:
    await roles.made("gateway_endpoint", answer.endpoint.endpoint_id)


async def _renamed_model(roles: RoleService, message: Any, answer: Any) -> None:
    await roles.renamed("registered_model", message.name, message.new_name)
    await roles.renamed("prompt", message.name, message.new_name)


async def _removed_model(roles: RoleService, message: Any, answer: Any) -> None:
    await roles.removed("registered_model", message.name)
    await roles.removed("prompt", message.name)


AFTERMATHS: Final[dict[str, Callable[[RoleService, Any, Any], Awaitable[None]]]] = {
    "/2.0/mlflow/experiments/create": _made_experiment,
    "/2.0/mlflow/registered-models/create": _made_model,
    "/3.0/mlflow/gateway/secrets/create": _made_secret,
    "/3.0/mlflow/gateway/model-definitions/create": _made_definition,
    "/3.0/mlflow/gateway/endpoints/create": _made_endpoint,
    "/2.0/mlflow/registered-models/rename": _renamed_model,
    "/2.0/mlflow/registered-models/delete": _removed_model,
}
