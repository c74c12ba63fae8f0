"""What rows of things and versions have in common. Times are milliseconds since the epoch."""

from typing import Any, Final, Protocol, TypeVar

import msgspec

__all__ = ("DELETED", "LATEST", "Changed", "Number", "Owners", "Thing", "ThingT", "Version", "VersionT")

LATEST: Final = "latest"
"""The alias that moves by itself."""

DELETED: Final = "deleted"
"""The status of a version that is not there any more, but for its name, which no other gets."""


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """Who made a row and who changed it last, and when."""

    created_by: str | None
    last_updated_by: str | None
    created_at: int
    last_updated_at: int


class Thing(Changed, frozen=True, kw_only=True):
    """What has versions; ``status`` is that of its latest one. ``id`` is the database's to give."""

    id: int = 0
    workspace: str
    name: str
    description: str | None = None
    icons: list[dict[str, Any]] | None = None
    status: str | None = None


class Version(Changed, frozen=True, kw_only=True):
    """One of them."""

    status: str


ThingT = TypeVar("ThingT", bound=Thing)
VersionT = TypeVar("VersionT", bound=Version)
Number = TypeVar("Number", str, int)
"""What versions are called by: texts or numbers."""


class Owners(Protocol):
    """Who manages what was made here (``registry.access.roles.RoleService``)."""

    async def made(self, resource_type: str, resource_id: str) -> None:
        """Whoever made a thing manages it."""
        ...

    async def removed(self, resource_type: str, resource_id: str) -> None:
        """The next thing of this name is another one."""
        ...
