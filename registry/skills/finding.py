"""Skills and versions by name, or MLflow's words for that there is none."""

from sqlalchemy import Connection

from registry.errors import ResourceDoesNotExist
from registry.skills.store import SKILLS, SkillRow, VersionRow
from registry.versioned.types import LATEST
from registry.workspaces.scope import current

__all__ = ("aliased_version", "find_skill", "find_version", "hold_skill", "no_skill", "no_version")


def no_skill(organization: str, name: str) -> ResourceDoesNotExist:
    """The error for a skill that does not exist."""
    return ResourceDoesNotExist(f"Skill '{name}' not found in organization '{organization}'")


def no_version(name: str, number: int) -> ResourceDoesNotExist:
    """The error for a skill that has no such version."""
    return ResourceDoesNotExist(f"Skill version '{name}' version '{number}' not found")


def find_skill(connection: Connection, organization: str, name: str) -> SkillRow:
    """A skill of the request's workspace. Raises ``ResourceDoesNotExist``."""
    found = SKILLS.read(connection, workspace=current(), organization=organization, name=name)
    if found is None:
        raise no_skill(organization, name)
    return found


def hold_skill(connection: Connection, organization: str, name: str) -> SkillRow:
    """The same; others who would change it or what is part of it wait until the transaction ends."""
    found = find_skill(connection, organization, name)
    SKILLS.hold(connection, found)
    return find_skill(connection, organization, name)


def find_version(connection: Connection, organization: str, name: str, number: int) -> tuple[SkillRow, VersionRow]:
    """A version that is not deleted. Raises ``ResourceDoesNotExist``."""
    skill = SKILLS.read(connection, workspace=current(), organization=organization, name=name)
    row = None if skill is None else SKILLS.live_version(connection, skill.id, number)
    if skill is None or row is None:
        raise no_version(name, number)
    return skill, row


def aliased_version(connection: Connection, organization: str, name: str, alias: str) -> tuple[SkillRow, VersionRow]:
    """The version that an alias means; ``latest`` always means one. Raises ``ResourceDoesNotExist``."""
    skill = SKILLS.read(connection, workspace=current(), organization=organization, name=name)
    if alias.lower() == LATEST:
        if skill is None:
            raise ResourceDoesNotExist(f"Skill not found (name='{name}', organization='{organization}')")
        if skill.latest is None:
            raise ResourceDoesNotExist(f"No resolved latest version found for skill '{name}'")
        return find_version(connection, organization, name, skill.latest)
    number = None if skill is None else SKILLS.aliases_of(connection, skill).get(alias)
    if number is None:
        raise ResourceDoesNotExist(f"Alias '{alias}' not found for skill '{name}'")
    return find_version(connection, organization, name, number)
