"""Skills: registered, changed, found, tagged, removed."""

from typing import Any

from msgspec import UnsetType
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from registry.actor import CURRENT
from registry.errors import ResourceAlreadyExists, ResourceDoesNotExist
from registry.outbound.guard import AddressGuard
from registry.runs.types import Metadata, now_ms
from registry.search.attributes import parse_conditions, parse_orders
from registry.search.bound_pages import Asked
from registry.skills import checks
from registry.skills import messages as wire
from registry.skills.content import SkillContent
from registry.skills.finding import find_skill, hold_skill
from registry.skills.search import SEARCHED_SKILLS
from registry.skills.search_store import search_skills
from registry.skills.store import SKILLS, SkillRow
from registry.skills.views import kept_name, skill_views
from registry.versioned.types import Owners
from registry.workspaces.scope import current

__all__ = ("SkillService", "new_skill")


class SkillService:
    """What is done with skills. Methods raise the tree of ``registry.errors``."""

    def __init__(self, metadata: Metadata, guard: AddressGuard, owners: Owners, content: SkillContent) -> None:
        self._metadata = metadata
        self._guard = guard
        self._owners = owners
        self._content = content

    async def create(self, request: wire.CreateSkill) -> wire.Skill:
        """Register a skill."""
        checks.check_identity(request.organization, request.name)
        row = new_skill(
            request.organization,
            request.name,
            description=request.description,
            icons=await checks.written_icons(self._guard, request.icons),
        )

        def write(connection: Connection) -> wire.Skill:
            SKILLS.insert(connection, row)
            return skill_views(connection, [find_skill(connection, row.organization, row.name)])[0]

        try:
            made = await self._metadata.run(write)
        except IntegrityError:
            raise ResourceAlreadyExists(f"Skill '{row.name}' already exists in organization '{row.organization}'") from None
        await self._owners.made("skill", kept_name(row))
        return made

    async def get(self, request: wire.GetSkill) -> wire.Skill:
        """One skill."""
        checks.check_identity(request.owner, request.skill)
        return await self._metadata.read(
            lambda connection: skill_views(connection, [find_skill(connection, request.owner, request.skill)])[0]
        )

    async def search(self, request: wire.SearchSkills) -> wire.SearchSkills.Response:
        """A page of skills."""
        size = checks.page_of(request.max_results)
        identities = checks.read_identities(request.include_skill_identities)
        workspace = current()
        asked = Asked(request.filter_string, request.order_by, f"workspace:{workspace}:skills")
        offset = asked.offset_of(request.page_token)
        conditions, order = parse_conditions(SEARCHED_SKILLS, request.filter_string), parse_orders(SEARCHED_SKILLS, request.order_by)

        def read(connection: Connection) -> tuple[list[wire.Skill], bool]:
            found = search_skills(connection, workspace, conditions, order, identities, offset=offset, limit=size + 1)
            return skill_views(connection, found[:size]), len(found) > size

        page, more = await self._metadata.read(read)
        return wire.SearchSkills.Response(skills=page, next_page_token=asked.token(offset + size) if more else None)

    async def update(self, request: wire.UpdateSkill) -> wire.Skill:
        """Change the fields that are given."""
        checks.check_identity(request.owner, request.skill)
        changes: dict[str, Any] = {"last_updated_by": CURRENT.get().name or None, "last_updated_at": now_ms()}
        if not isinstance(request.description, UnsetType):
            changes |= {"description": request.description, "search_text": _search_text(request.skill, request.description)}
        if not isinstance(request.icons, UnsetType):
            changes["icons"] = await checks.written_icons(self._guard, request.icons)

        def write(connection: Connection) -> wire.Skill:
            SKILLS.change(connection, find_skill(connection, request.owner, request.skill).id, changes)
            return skill_views(connection, [find_skill(connection, request.owner, request.skill)])[0]

        return await self._metadata.run(write)

    async def delete(self, request: wire.DeleteSkill) -> None:
        """Remove a skill and its versions; then the files that were uploaded for them."""
        checks.check_identity(request.owner, request.skill)

        def write(connection: Connection) -> tuple[SkillRow, list[str]]:
            skill = hold_skill(connection, request.owner, request.skill)
            places = [version.source for version in SKILLS.read_versions(connection, skill.id) if version.source_type == "mlflow"]
            SKILLS.delete(connection, skill.id)
            return skill, [place for place in places if place]

        skill, places = await self._metadata.run(write)
        await self._owners.removed("skill", kept_name(skill))
        for place in places:
            await self._content.remove(place)

    async def set_tag(self, request: wire.SetSkillTag) -> None:
        """Set a tag of a skill."""
        checks.check_identity(request.owner, request.skill)
        checks.check_tag(request.key, request.value)

        def write(connection: Connection) -> None:
            skill = SKILLS.read(connection, workspace=current(), organization=request.owner, name=request.skill)
            if skill is None:
                raise ResourceDoesNotExist(f"Skill not found (name='{request.skill}', organization='{request.owner}')")
            SKILLS.put_tag(connection, skill.id, request.key, request.value)

        await self._metadata.run(write)

    async def delete_tag(self, request: wire.DeleteSkillTag) -> None:
        """Remove a tag of a skill."""
        checks.check_identity(request.owner, request.skill)
        checks.check_tag(request.key, "")

        def write(connection: Connection) -> None:
            skill = SKILLS.read(connection, workspace=current(), organization=request.owner, name=request.skill)
            if skill is None or not SKILLS.delete_tag(connection, skill.id, request.key):
                raise ResourceDoesNotExist(f"Tag '{request.key}' not found on Skill '{request.skill}'")

        await self._metadata.run(write)


def new_skill(organization: str, name: str, *, description: str | None = None, icons: list[dict[str, Any]] | None = None) -> SkillRow:
    """A skill of whoever asks, in the request's workspace."""
    actor, now = CURRENT.get().name or None, now_ms()
    return SkillRow(
        workspace=current(),
        organization=organization,
        name=name,
        description=description,
        icons=icons,
        search_text=_search_text(name, description),
        created_by=actor,
        last_updated_by=actor,
        created_at=now,
        last_updated_at=now,
    )


def _search_text(name: str, description: str | None) -> str:
    """What one LIKE looks through."""
    return " ".join([name, *(description or "").split()])
