"""What a permission is and what follows from several: pure rules, apart from any database and any request.

MLflow's words: ``READ`` < ``USE`` < ``EDIT`` < ``MANAGE``, and ``DENY``, which wins over all that is granted beside it.
"""

from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from registry.errors import InvalidParameterValue

__all__ = ("ANY", "DIVIDED", "PARTS", "WORKSPACE", "Action", "Grant", "allows", "check_grant", "resolve")

Action = Literal["read", "use", "update", "delete", "manage"]

ANY: Final = "*"
WORKSPACE: Final = "workspace"
"""The resource that stands for all of them: ``USE`` of it lets a user make things, ``MANAGE`` lets them do everything."""

LEVELS: Final = {"DENY": -1, "NO_PERMISSIONS": 0, "READ": 1, "USE": 2, "EDIT": 3, "MANAGE": 4}
NEEDED: Final[dict[Action, int]] = {"read": 1, "use": 2, "update": 3, "delete": 4, "manage": 4}

NAMED: Final = frozenset(
    {
        "experiment",
        "registered_model",
        "prompt",
        "scorer",
        "gateway_secret",
        "gateway_endpoint",
        "gateway_model_definition",
        "mcp_server",
        "skill",
    }
)
"""Resources that a grant can name one by one."""

PARTS: Final = {
    "run": "experiment",
    "trace": "experiment",
    "assessment": "experiment",
    "logged_model": "experiment",
    "review_queue": "experiment",
    "registered_model_version": "registered_model",
    "prompt_version": "prompt",
    "scorer_version": "scorer",
    "mcp_server_version": "mcp_server",
}
"""Parts of resources, and what they are parts of; a grant covers all of a kind."""

DIVIDED: Final = frozenset({"experiment", "registered_model", "prompt", "scorer", "mcp_server", "skill", WORKSPACE, *PARTS})
"""What is in one workspace. The rest, the gateway above all, is the whole server's."""

TYPES: Final = tuple(sorted({*NAMED, *PARTS, WORKSPACE}))


class Grant(msgspec.Struct, frozen=True):
    """A permission on one resource of a type, or on all with ``*``."""

    resource_type: str
    resource_pattern: str
    permission: str


def allows(permission: str, action: Action) -> bool:
    """Whether a permission is enough for an action."""
    return LEVELS[permission] >= NEEDED[action]


def resolve(grants: Iterable[Grant], resource_type: str, resource_id: str, default: str) -> str:
    """The permission that several grants give on one thing.

    Grants on the thing itself decide, the highest of them, or ``DENY`` when one says so. Without one, those on what it is part of decide;
    without any, ``default``.
    """
    known = tuple(grants)
    for kind, name in _tiers(resource_type, resource_id):
        if found := [each.permission for each in known if each.resource_type == kind and each.resource_pattern in {name, ANY}]:
            return "DENY" if "DENY" in found else max(found, key=LEVELS.__getitem__)
    return default


def _tiers(resource_type: str, resource_id: str) -> tuple[tuple[str, str], ...]:
    """Where grants on a thing are looked for, the nearest first.

    Parts have no ids of their own: all of a kind, then what they are part of.
    """
    parent = PARTS.get(resource_type)
    return ((resource_type, ANY), (parent, resource_id)) if parent else ((resource_type, resource_id),)


def check_grant(resource_type: str, pattern: str, permission: str) -> Grant:
    """What may be granted, in MLflow's words. Raises ``InvalidParameterValue``."""
    if permission not in LEVELS:
        valid = ("READ", "USE", "EDIT", "MANAGE", "NO_PERMISSIONS", "DENY")
        raise InvalidParameterValue(f"Invalid permission '{permission}'. Valid permissions are: {valid}")
    check_type(resource_type)
    if permission not in (allowed := _grantable(resource_type)):
        raise InvalidParameterValue(f"Invalid permission '{permission}' for resource_type='{resource_type}'. It accepts only: {allowed}.")
    if pattern != ANY and resource_type not in NAMED:
        raise InvalidParameterValue(
            f"Invalid resource_pattern '{pattern}' for resource_type='{resource_type}'. This resource type supports only wildcard ('*') grants."
        )
    pattern = canonical(resource_type, pattern)
    if resource_type == "experiment" and pattern != ANY and not pattern.isdecimal():
        raise InvalidParameterValue(f"Invalid experiment ID '{pattern}'. Experiment ID must be a valid integer.")
    return Grant(resource_type, pattern, permission)


def check_type(resource_type: str) -> None:
    """Raise ``InvalidParameterValue`` for an unknown type of things."""
    if resource_type not in TYPES:
        raise InvalidParameterValue(f"Invalid resource type '{resource_type}'. Valid resource types are: {TYPES}")


def canonical(resource_type: str, resource_id: str) -> str:
    """The one spelling of an id: experiments are numbers, so ``01`` is experiment 1."""
    if resource_type == "experiment":
        return _number(resource_id)
    if resource_type == "scorer":
        experiment, slash, name = resource_id.partition("/")
        return f"{_number(experiment)}{slash}{name}"
    return resource_id


def _number(text: str) -> str:
    try:
        return str(int(text))
    except ValueError:
        return text


def _grantable(resource_type: str) -> tuple[str, ...]:
    if resource_type == WORKSPACE:
        return ("MANAGE", "USE")
    return ("DENY", "EDIT", "MANAGE", "READ") if resource_type == "skill" else ("DENY", "EDIT", "MANAGE", "READ", "USE")
