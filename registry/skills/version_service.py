"""Versions of skills, and the aliases that point at them."""

from datetime import UTC, datetime

import msgspec
from msgspec import UnsetType
from sqlalchemy import Connection

from registry.actor import CURRENT
from registry.errors import InvalidParameterValue, ResourceDoesNotExist
from registry.models.moves import Moves, named_move
from registry.models.moves_store import insert_move
from registry.models.types import Move
from registry.runs.types import Metadata, now_ms
from registry.search.attributes import parse_conditions, parse_orders
from registry.search.bound_pages import Asked
from registry.skills import checks
from registry.skills import messages as wire
from registry.skills.finding import aliased_version, find_version, hold_skill, no_version
from registry.skills.search import VERSIONS
from registry.skills.search_store import search_skill_versions
from registry.skills.store import SKILLS, SkillRow, VersionRow
from registry.skills.views import kept_name, version_views
from registry.versioned.aliases import point_alias
from registry.versioned.statuses import check_status_change
from registry.versioned.types import DELETED, LATEST
from registry.workspaces.scope import current

__all__ = ("SkillVersionService",)


class SkillVersionService:
    """What is done with versions and aliases, once they are registered. Methods raise the tree of ``registry.errors``."""

    def __init__(self, metadata: Metadata, moves: Moves) -> None:
        self._metadata = metadata
        self._moves = moves

    async def get(self, request: wire.GetSkillVersion) -> wire.SkillVersion:
        """One version."""
        _check(request, request.version)
        return await self._metadata.read(
            lambda connection: _view(connection, find_version(connection, request.owner, request.skill, request.version))
        )

    async def get_by_alias(self, request: wire.GetSkillVersionByAlias) -> wire.SkillVersion:
        """The version that an alias means."""
        _check(request)
        if request.alias.lower() != LATEST:
            checks.check_movable(request.alias)
        return await self._metadata.read(
            lambda connection: _view(connection, aliased_version(connection, request.owner, request.skill, request.alias))
        )

    async def search(self, request: wire.SearchSkillVersions) -> wire.SearchSkillVersions.Response:
        """A page of versions; none of a skill that is not there."""
        checks.check_identity(request.owner, request.skill)
        size, workspace = checks.page_of(request.max_results), current()
        scope = f"workspace:{workspace}:skill_versions:{request.owner}/{request.skill}"
        asked = Asked(request.filter_string, request.order_by, scope)
        offset = asked.offset_of(request.page_token)
        conditions, order = parse_conditions(VERSIONS, request.filter_string), parse_orders(VERSIONS, request.order_by)

        def read(connection: Connection) -> tuple[list[wire.SkillVersion], bool]:
            skill = SKILLS.read(connection, workspace=workspace, organization=request.owner, name=request.skill)
            if skill is None:
                return [], False
            found = search_skill_versions(connection, skill.id, conditions, order, offset=offset, limit=size + 1)
            return version_views(connection, skill, found[:size]), len(found) > size

        page, more = await self._metadata.read(read)
        return wire.SearchSkillVersions.Response(skill_versions=page, next_page_token=asked.token(offset + size) if more else None)

    async def update(self, request: wire.UpdateSkillVersion) -> wire.SkillVersion:
        """Change the status."""
        _check(request, request.version)
        if request.status is None:
            raise InvalidParameterValue("status cannot be null; omit the field to leave it unchanged")
        status = request.status
        return await self._metadata.run(lambda connection: self._change(connection, request, status))

    async def delete(self, request: wire.DeleteSkillVersion) -> None:
        """Remove a version, and the aliases that mean it."""
        _check(request, request.version)
        await self._metadata.run(lambda connection: self._change(connection, request, DELETED))

    def _change(
        self, connection: Connection, request: wire.UpdateSkillVersion | wire.DeleteSkillVersion, status: str | UnsetType
    ) -> wire.SkillVersion:
        skill, row = find_version(connection, request.owner, request.skill, request.version)
        if isinstance(status, UnsetType):
            return _view(connection, (skill, row))
        hold_skill(connection, request.owner, request.skill)
        skill, row = find_version(connection, request.owner, request.skill, request.version)
        check_status_change(row.status, checks.read_status(status))
        changes = {"status": status, "last_updated_by": CURRENT.get().name or None, "last_updated_at": now_ms()}
        SKILLS.change_version(connection, skill.id, row.version, changes)
        if status == DELETED:
            self._remove_aliases(connection, skill, row.version)
        SKILLS.settle(connection, skill.id)
        return _view(connection, (skill, msgspec.structs.replace(row, **changes)))

    def _remove_aliases(self, connection: Connection, skill: SkillRow, number: int) -> None:
        for alias, version in SKILLS.aliases_of(connection, skill).items():
            if version == number:
                SKILLS.delete_alias(connection, skill.id, alias)
                insert_move(connection, _move(skill, alias, number, None))

    async def set_tag(self, request: wire.SetSkillVersionTag) -> None:
        """Put a tag on a version."""
        _check(request, request.version)
        checks.check_tag(request.key, request.value)

        def write(connection: Connection) -> None:
            skill, row = find_version(connection, request.owner, request.skill, request.version)
            SKILLS.put_version_tag(connection, skill.id, row.version, request.key, request.value)

        await self._metadata.run(write)

    async def delete_tag(self, request: wire.DeleteSkillVersionTag) -> None:
        """Remove a tag of a version."""
        _check(request, request.version)
        checks.check_tag(request.key, "")

        def write(connection: Connection) -> None:
            skill = SKILLS.read(connection, workspace=current(), organization=request.owner, name=request.skill)
            if skill is None or not SKILLS.delete_version_tag(connection, skill.id, request.version, request.key):
                raise ResourceDoesNotExist(f"Tag '{request.key}' not found on Skill version '{request.skill}' version '{request.version}'")

        await self._metadata.run(write)

    async def set_alias(self, request: wire.SetSkillAlias) -> None:
        """Point an alias at a version. A check may refuse it; what happens is written down."""
        _check(request, request.version)
        checks.check_movable(request.alias)

        def intended(connection: Connection) -> tuple[SkillRow, Move]:
            try:
                skill, row = find_version(connection, request.owner, request.skill, request.version)
            except ResourceDoesNotExist:
                raise ResourceDoesNotExist(f"{no_version(request.skill, request.version).message} or is deleted") from None
            return skill, _move(skill, request.alias, SKILLS.aliases_of(connection, skill).get(request.alias), row.version)

        await point_alias(self._metadata, self._moves, SKILLS, request.version, intended)

    async def delete_alias(self, request: wire.DeleteSkillAlias) -> None:
        """Remove an alias."""
        _check(request)
        if request.alias.lower() == LATEST:
            raise InvalidParameterValue("The 'latest' alias is resolved automatically and cannot be deleted")
        checks.check_movable(request.alias)

        def write(connection: Connection) -> None:
            skill = SKILLS.read(connection, workspace=current(), organization=request.owner, name=request.skill)
            before = None if skill is None else SKILLS.aliases_of(connection, skill).get(request.alias)
            if skill is None or before is None:
                raise ResourceDoesNotExist(f"Alias '{request.alias}' not found on skill '{request.skill}'")
            SKILLS.delete_alias(connection, skill.id, request.alias)
            insert_move(connection, _move(skill, request.alias, before, None))

        await self._metadata.run(write)


def _check(request: wire.OfSkill, number: int | None = None) -> None:
    checks.check_identity(request.owner, request.skill)
    if number is not None:
        checks.check_version(number)


def _view(connection: Connection, found: tuple[SkillRow, VersionRow]) -> wire.SkillVersion:
    return version_views(connection, found[0], [found[1]])[0]


def _move(skill: SkillRow, alias: str, before: int | None, after: int | None) -> Move:
    was, becomes = ("" if number is None else str(number) for number in (before, after))
    return named_move("skill", kept_name(skill), alias, was, becomes, datetime.now(UTC), CURRENT.get())
