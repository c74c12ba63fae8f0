"""The rows of skills, and where they are kept."""

from typing import Final

from sqlalchemy import Connection, update

from registry.versioned.store import VersionedStore
from registry.versioned.types import Thing, Version
from storage.skill_tables import SKILLS as TABLES
from storage.skill_tables import skills

__all__ = ("SKILLS", "SkillRow", "VersionRow", "take_number")


class SkillRow(Thing, frozen=True, kw_only=True):
    """A row of ``skills``."""

    organization: str
    search_text: str
    latest: int | None = None
    source_type: str | None = None


class VersionRow(Version, frozen=True, kw_only=True):
    """A row of ``skill_versions``."""

    skill_id: int
    version: int
    source_type: str | None
    source: str | None
    ref: str | None
    subpath: str | None
    digest: str | None


SKILLS: Final = VersionedStore[SkillRow, VersionRow, int](
    TABLES, SkillRow, VersionRow, newest=("version",), shown=("status", "source_type")
)


def take_number(connection: Connection, skill_id: int) -> int:
    """The number of its next version, which nobody else is given."""
    counted = update(skills).where(skills.c.id == skill_id).values(last_version=skills.c.last_version + 1)
    number: int = connection.execute(counted.returning(skills.c.last_version)).scalar_one()
    return number
