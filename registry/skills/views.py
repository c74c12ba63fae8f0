"""Skills and versions as clients see them."""

from collections.abc import Sequence

from sqlalchemy import Connection

from registry.skills import messages as wire
from registry.skills.store import SKILLS, SkillRow, VersionRow
from registry.versioned.views import changed
from registry.workspaces.scope import prefix_of

__all__ = ("identity", "kept_name", "skill_views", "version_views")


def identity(organization: str, name: str) -> str:
    """How permissions and people name a skill: ``reviewer``, ``@acme/reviewer``."""
    return f"@{organization}/{name}" if organization else name


def kept_name(skill: SkillRow) -> str:
    """How permissions and moves call a skill."""
    return prefix_of(skill.workspace) + identity(skill.organization, skill.name)


def skill_views(connection: Connection, found: Sequence[SkillRow]) -> list[wire.Skill]:
    """Skills."""
    ids = [skill.id for skill in found]
    tags, aliases = SKILLS.tags(connection, ids), SKILLS.aliases(connection, ids)
    return [
        wire.Skill(
            name=skill.name,
            organization=skill.organization,
            workspace=skill.workspace,
            description=skill.description,
            icons=skill.icons,
            status=skill.status,
            latest_version=skill.latest,
            source_type=skill.source_type,
            aliases=[wire.Alias(alias=alias, version=version) for alias, version in aliases.get(skill.id, {}).items()],
            tags=tags.get(skill.id, {}),
            **changed(skill),
        )
        for skill in found
    ]


def version_views(connection: Connection, skill: SkillRow, rows: Sequence[VersionRow]) -> list[wire.SkillVersion]:
    """Versions of a skill."""
    tags, aliases = SKILLS.version_tags(connection, [skill.id]), SKILLS.aliases(connection, [skill.id])
    return [
        wire.SkillVersion(
            name=skill.name,
            version=row.version,
            organization=skill.organization,
            workspace=skill.workspace,
            source_type=row.source_type,
            source=row.source,
            ref=row.ref,
            subpath=row.subpath,
            digest=row.digest,
            status=row.status,
            aliases=[alias for alias, version in aliases.get(skill.id, {}).items() if version == row.version],
            tags=tags.get((skill.id, row.version), {}),
            **changed(row),
        )
        for row in rows
    ]
