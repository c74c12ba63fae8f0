"""What ``models alias`` and ``prompts alias`` share: pointing a name at a version, and removing it."""

from typing import TypeVar

from server.cli.api import Api, path_of
from server.cli.errors import BadUsage
from server.cli.output import message

__all__ = ("point",)

T = TypeVar("T")


def point(api: Api, kind: str, name: str, alias: str, version: int | None, reason: str, answer: type[T], *, delete: bool) -> None:
    """Point an alias of a ``kind`` (``models``, ``prompts``) at a version, or remove it. Raises ``BadUsage`` unless it is one of the two."""
    if delete == (version is not None):
        raise BadUsage("give either a version or --delete", f"tidegate {kind} alias {name} {alias} 3")
    path = path_of(kind, name, "aliases", alias)
    if version is None:
        api.delete(path, {"reason": reason})
        message(f"Removed {name}@{alias}.")
    else:
        api.put(path, {"version": version, "reason": reason}, answer)
        message(f"{name}@{alias} is version {version}.")
