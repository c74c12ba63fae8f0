"""Files that never change once they are stored: those of uploaded skills, below ``skills/[~workspace/][@organization/]name/``. Pure."""

from typing import Final

from registry.workspaces.scope import prefix_of

__all__ = ("ROOT", "is_of_skill", "skill_of")

ROOT: Final = "skills"


def is_of_skill(path: str) -> bool:
    """Whether a path of artifacts is among the files of skills, which nobody writes to but by registering versions."""
    parts = [part for part in path.split("/") if part not in {"", "."}]
    return bool(parts) and parts[0].lower() == ROOT


def skill_of(path: str) -> str | None:
    """The skill whose files a path is among, as permissions call it; ``None`` for a folder of several."""
    parts = [part for part in path.split("/") if part not in {"", "."}][1:]
    prefix = ""
    if parts and parts[0].startswith("~"):
        prefix, parts = prefix_of(parts[0][1:]), parts[1:]
    named = parts[:2] if parts and parts[0].startswith("@") else parts[:1]
    whole = bool(named) and (len(named) == 2 or not named[0].startswith("@"))
    return prefix + "/".join(named) if whole else None
