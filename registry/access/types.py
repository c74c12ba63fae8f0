"""Users, roles and tokens as the rest of the server sees them, and whoever makes the request that runs now."""

from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import Final

import msgspec

from registry.access.permissions import ANY, DIVIDED, PARTS, WORKSPACE, Action, Grant, allows, resolve

__all__ = ("CALLER", "DEFAULT_WORKSPACE", "OWN_ROLES", "Caller", "NewToken", "Role", "RoleGrant", "Token", "User", "own_role")

DEFAULT_WORKSPACE: Final = "default"

DEEPEST: Final = 10
"""Folders below which no workspace has its place."""


class User(msgspec.Struct, frozen=True):
    """Somebody who signs in."""

    id: int
    username: str
    is_admin: bool


class RoleGrant(msgspec.Struct, frozen=True):
    """One permission of a role, under a number of its own."""

    id: int
    role_id: int
    grant: Grant


class Role(msgspec.Struct, frozen=True):
    """Permissions under a name."""

    id: int
    workspace: str
    name: str
    description: str | None
    grants: tuple[RoleGrant, ...] = ()


class Token(msgspec.Struct, frozen=True):
    """What a program signs in with in a user's stead. Its text is nowhere; ``prefix`` is how people recognise it."""

    id: str
    name: str
    prefix: str
    created_at: datetime
    expires_at: datetime | None


class NewToken(msgspec.Struct, frozen=True):
    """A token as it is told once."""

    token: str
    about: Token


class Caller(msgspec.Struct, frozen=True):
    """A user with all that they may do. ``default`` is what holds where nothing was granted."""

    user: User
    grants: tuple[Grant, ...]
    default: str
    has_roles: bool
    """Whether a role was given to them: what they may make is the role's business then."""

    own: tuple[Grant, ...] = ()
    """What was granted to them alone. On one thing it holds wherever they may enter, on all of a kind in the default workspace."""

    elsewhere: Mapping[str, tuple[Grant, ...]] = msgspec.field(default_factory=dict)
    """What their roles grant in workspaces other than the default one."""

    workspace: str = DEFAULT_WORKSPACE
    """Where ``grants`` hold."""

    home: "Caller | None" = None
    """The same person in the default workspace."""

    places: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Where experiments are that are not in the default workspace, and folders of files; follows what is made and moved."""

    @property
    def is_administrator(self) -> bool:
        """Whether they may do everything: an admin, or one who manages the default workspace."""
        return self.user.is_admin or (self.workspace == DEFAULT_WORKSPACE and self.manages)

    @property
    def manages(self) -> bool:
        """Whether they do everything in the workspace where their grants hold."""
        return Grant(WORKSPACE, "*", "MANAGE") in self.grants

    def belongs_to(self, workspace: str) -> bool:
        """Whether they may enter a workspace: everybody may enter the default one, and others those in which they have a role."""
        return workspace == DEFAULT_WORKSPACE or self.is_administrator or workspace in self.elsewhere

    def has_role_in(self, workspace: str) -> bool:
        """Whether a role of this workspace was given to them."""
        return (self.home or self).has_roles if workspace == DEFAULT_WORKSPACE else workspace in self.elsewhere

    def within(self, workspace: str) -> "Caller":
        """The same person in a workspace. Beside the default one only roles there open anything, and only what is in it."""
        home = self.home or self
        if workspace == DEFAULT_WORKSPACE or self.is_administrator:
            return home
        named = tuple(each for each in self.own if each.resource_pattern != ANY or each.permission == "DENY")
        theirs = tuple(each for each in self.elsewhere.get(workspace, ()) if each.resource_type in DIVIDED)
        return msgspec.structs.replace(
            self, grants=(*named, *theirs), default="NO_PERMISSIONS", has_roles=True, workspace=workspace, home=home
        )

    def permission(self, resource_type: str, resource_id: str) -> str:
        """Their permission on one thing; ``*`` asks about all things of a kind."""
        if self.is_administrator:
            return "MANAGE"
        there = self.at(resource_type, resource_id)
        if there.manages and resource_type in DIVIDED:
            return "MANAGE"
        return resolve(there.grants, resource_type, resource_id, there.default)

    def at(self, resource_type: str, resource_id: str) -> "Caller":
        """The same person in the workspace of a thing, whichever way they come to it."""
        place = self._place(PARTS.get(resource_type, resource_type), resource_id)
        return self if place == self.workspace else self.within(place)

    def _place(self, whole: str, resource_id: str) -> str:
        if resource_id == ANY:
            return self.workspace
        if whole in {"experiment", "scorer"}:
            return next((self.places[each] for each in _paths(resource_id) if each in self.places), DEFAULT_WORKSPACE)
        return _workspace_of_name(whole, resource_id) or self.workspace

    def may(self, action: Action, resource_type: str, resource_id: str) -> bool:
        """Whether they may do it."""
        return allows(self.permission(resource_type, resource_id), action)

    def may_make(self) -> bool:
        """Whether they may make new things and call models: everybody may who has no role, and those whose role says so."""
        return self.is_administrator or not self.has_roles or self.manages or Grant(WORKSPACE, "*", "USE") in self.grants


def _workspace_of_name(whole: str, name: str) -> str | None:
    """The workspace of a name as it is kept; ``None`` for what is not divided.

    Plain names of MCP servers have one ``/``; those of skills begin with ``@`` then.
    """
    workspace, slash, rest = name.partition("/")
    if whole in {"registered_model", "prompt"}:
        return workspace if slash else DEFAULT_WORKSPACE
    if whole == "mcp_server":
        return workspace if "/" in rest else DEFAULT_WORKSPACE
    if whole == "skill":
        return workspace if slash and not workspace.startswith("@") else DEFAULT_WORKSPACE
    return None


def _paths(resource_id: str) -> Iterator[str]:
    """A thing, then what it is part of, the nearest first."""
    parts = resource_id.split("/", DEEPEST)[:DEEPEST]
    return ("/".join(parts[:count]) for count in range(len(parts), 0, -1))


CALLER: Final[ContextVar[Caller | None]] = ContextVar("registry_caller", default=None)
"""Whoever makes the request that runs now; ``None`` where nobody has to sign in, and for the keys of the configuration."""


OWN_ROLES: Final = "__user_"
"""What names of roles begin with that hold what was granted to one user."""


def own_role(user_id: int) -> str:
    """The role that holds what was granted to one user; nobody else has it."""
    return f"{OWN_ROLES}{user_id}__"
