"""Skills and versions by name, or MLflow's words for that there is none."""

from sqlalchemy import Connection

from registry.errors import ResourceDoesNotExist
from registry.skills import store
from registry.skills.checks import LATEST
from registry.skills.store import SkillRow, VersionRow
from registry.workspaces.scope import current

__all__ = ("aliased_version", "find_skill", "find_version", "hold_skill", "no_skill", "no_version")


def no_skill(organization: str, name: str) -> ResourceDoesNotExist:
    """That there is no such skill."""
    return ResourceDoesNotExist(f"Skill '{name}' not found in organization '{organization}'")


def no_version(name: str, number: int) -> ResourceDoesNotExist:
    """That a skill has no such version."""
    return ResourceDoesNotExist(f"Skill version '{name}' version '{number}' not found")


def find_skill(connection: Connection, organization: str, name: str) -> SkillRow:
    """A skill of the request's workspace. Raises ``ResourceDoesNotExist``."""
    found = store.read_skill(connection, current(), organization, name)
    if found is None:
        raise no_skill(organization, name)
    return found


def hold_skill(connection: Connection, organization: str, name: str) -> SkillRow:
    """The same; others who would change it or what is part of it wait until the transaction ends."""
    found = find_skill(connection, organization, name)
    store.change_skill(connection, found.id, {"name": found.name})
    return find_skill(connection, organization, name)


def find_version(connection: Connection, organization: str, name: str, number: int) -> tuple[SkillRow, VersionRow]:
    """A version that is not deleted. Raises ``ResourceDoesNotExist``."""
    skill = store.read_skill(connection, current(), organization, name)
    row = None if skill is None else store.read_version(connection, skill.id, number)
    if skill is None or row is None:
        raise no_version(name, number)
    return skill, row


def aliased_version(connection: Connection, organization: str, name: str, alias: str) -> tuple[SkillRow, VersionRow]:
    """The version that an alias means; ``latest`` always means one. Raises ``ResourceDoesNotExist``."""
    skill = store.read_skill(connection, current(), organization, name)
    if alias.lower() == LATEST:
        if skill is None:
            raise ResourceDoesNotExist(f"Skill not found (name='{name}', organization='{organization}')")
        if skill.latest is None:
            raise ResourceDoesNotExist(f"No resolved latest version found for skill '{name}'")
        return find_version(connection, organization, name, skill.latest)
    number = None if skill is None else store.read_aliases(connection, [skill.id]).get(skill.id, {}).get(alias)
    if number is None:
        raise ResourceDoesNotExist(f"Alias '{alias}' not found for skill '{name}'")
    return find_version(connection, organization, name, number)
