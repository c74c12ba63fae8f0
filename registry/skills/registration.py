"""New versions of skills: one, by its place or by its files, or all that one repository has."""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from typing import Any, Final

import msgspec
from msgspec import UNSET
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from registry.access.checks import require, require_to_make
from registry.actor import CURRENT
from registry.errors import InvalidParameterValue, RegistryError
from registry.runs.types import Metadata, now_ms
from registry.skills import checks
from registry.skills import messages as wire
from registry.skills.content import SkillContent
from registry.skills.finding import hold_skill
from registry.skills.service import new_skill
from registry.skills.sources import Source, read_source
from registry.skills.store import SKILLS, SkillRow, VersionRow, take_number
from registry.skills.tree import digest_of, read_archive
from registry.skills.views import identity, kept_name, version_views
from registry.versioned.types import DELETED, Owners
from registry.workspaces.scope import current, scoped

__all__ = ("SkillRegistration",)

DIGEST_LENGTH: Final = 64


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A version to be."""

    organization: str
    name: str
    source: Source
    digest: str | None
    status: str


class SkillRegistration:
    """Registers versions. Whoever asks must be allowed to change the skill, or, where there is none yet, to make one."""

    def __init__(self, metadata: Metadata, owners: Owners, content: SkillContent) -> None:
        self._metadata = metadata
        self._owners = owners
        self._content = content

    async def create(self, request: wire.CreateSkillVersion) -> wire.SkillVersion:
        """Register a version by its place, or by the files that come with it."""
        _check_same(request)
        checks.check_identity(request.owner, request.skill)
        checks.initial_status(request.status)
        _check_digest(request.digest)
        if request.source_type == "mlflow":
            raise InvalidParameterValue("'source_type' 'mlflow' is set by the server from the creation flow and cannot be submitted.")
        if request.source is None:
            return await self._upload(request)
        if request.content is not None:
            raise InvalidParameterValue(
                "A registration with a remote 'source' must use an application/json body; it cannot also carry uploaded content. Omit 'source' to "
                "upload content instead."
            )
        source = read_source(request.source_type, request.source, request.ref, request.subpath)
        return (await self._write([_draft(request, source, request.digest)], reuse=False))[0]

    async def create_many(self, request: wire.BulkRegisterSkills) -> wire.BulkRegisterSkills.Response:
        """Register what one repository has. A version that is the same in all is not registered again."""
        drafts = [_drafted(request.organization, each) for each in request.skills]
        if len({draft.status for draft in drafts}) > 1:
            raise InvalidParameterValue("Bulk registration requires the same status for every Skill.")
        if any(draft.source.type != "git" for draft in drafts):
            raise InvalidParameterValue("Bulk registration requires a Git source and digest for every Skill.")
        names = [draft.name for draft in drafts]
        if (twice := next((name for name in names if names.count(name) > 1), None)) is not None:
            raise InvalidParameterValue(f"Duplicate Skill name: {twice!r}.")
        if len({(draft.source.source, draft.source.ref) for draft in drafts}) > 1:
            raise InvalidParameterValue("Bulk registration requires the same Git repository and ref for every Skill.")
        return wire.BulkRegisterSkills.Response(skill_versions=await self._write(drafts, reuse=True))

    async def _upload(self, request: wire.CreateSkillVersion) -> wire.SkillVersion:
        """Register files.

        The form is in memory, for which ``server.max_body_bytes`` is the limit: the part that says what the files are of may come behind
        them, and a message is checked whole before anything is done. Unpacked, they are in a file.
        """
        if request.content is None:
            raise InvalidParameterValue(
                "A registration without a 'source' uploads the skill content and requires a multipart/form-data body with a 'content' part. To "
                "register a remote skill, set 'source' to its git, oci, or zip location."
            )
        for field in ("source_type", "ref", "subpath"):
            if getattr(request, field) is not None:
                raise InvalidParameterValue(
                    f"'{field}' does not apply to uploaded content; the whole uploaded tree is the skill and the server records where it stored it."
                )
        await self._metadata.read(lambda connection: _check_allowed(connection, request.owner, request.skill))
        with closing(await asyncio.to_thread(read_archive, request.content)) as archive:
            digest = await asyncio.to_thread(digest_of, archive)
            if request.digest not in {None, digest}:
                raise InvalidParameterValue(f"'digest' does not match the uploaded content: expected {digest}, got {request.digest}.")
            place = await self._content.store(current(), request.owner, request.skill, archive)
        try:
            return (await self._write([_draft(request, Source("mlflow", place, None, None), digest)], reuse=False))[0]
        except RegistryError:
            await self._content.remove(place)
            raise

    async def _write(self, drafts: Sequence[Draft], *, reuse: bool) -> list[wire.SkillVersion]:
        def write(connection: Connection) -> tuple[list[wire.SkillVersion], list[SkillRow]]:
            # By name, as every other batch: of two, none waits for what the other holds.
            made = [row for draft in sorted(drafts, key=lambda draft: draft.name) if (row := _ensure(connection, draft)) is not None]
            return [_register(connection, draft, reuse=reuse) for draft in drafts], made

        try:
            versions, made = await self._metadata.run(write)
        except IntegrityError:  # somebody made a skill of that name meanwhile
            versions, made = await self._metadata.run(write)
        for skill in made:
            await self._owners.made("skill", kept_name(skill))
        return versions


def _ensure(connection: Connection, draft: Draft) -> SkillRow | None:
    """The skill that had to be made for a version."""
    if _check_allowed(connection, draft.organization, draft.name):
        hold_skill(connection, draft.organization, draft.name)
        return None
    row = new_skill(draft.organization, draft.name)
    SKILLS.insert(connection, row)
    return row


def _check_allowed(connection: Connection, organization: str, name: str) -> bool:
    """Whether there is the skill. Raises ``PermissionDenied``."""
    known = SKILLS.read(connection, workspace=current(), organization=organization, name=name)
    if known is None:
        require_to_make()
    else:
        require("update", "skill", scoped(identity(organization, name)))
    return known is not None


def _register(connection: Connection, draft: Draft, *, reuse: bool) -> wire.SkillVersion:
    skill = hold_skill(connection, draft.organization, draft.name)
    known = next((row for row in SKILLS.read_versions(connection, skill.id) if _is_same(row, draft)), None) if reuse else None
    row = known or _new_version(skill.id, take_number(connection, skill.id), draft)
    if known is None:
        SKILLS.insert_version(connection, row)
        SKILLS.settle(connection, skill.id)
    return version_views(connection, skill, [row])[0]


def _is_same(row: VersionRow, draft: Draft) -> bool:
    source = draft.source
    told = (source.type, source.source, source.ref, source.subpath, draft.digest)
    return row.status != DELETED and (row.source_type, row.source, row.ref, row.subpath, row.digest) == told


def _new_version(skill_id: int, number: int, draft: Draft) -> VersionRow:
    actor, now = CURRENT.get().name or None, now_ms()
    return VersionRow(
        skill_id=skill_id,
        version=number,
        source_type=draft.source.type,
        source=draft.source.source,
        ref=draft.source.ref,
        subpath=draft.source.subpath,
        digest=draft.digest,
        status=draft.status,
        created_by=actor,
        last_updated_by=actor,
        created_at=now,
        last_updated_at=now,
    )


def _draft(request: wire.CreateSkillVersion, source: Source, digest: str | None) -> Draft:
    return Draft(organization=request.owner, name=request.skill, source=source, digest=digest, status=request.status)


def _drafted(organization: str, each: wire.Drafted) -> Draft:
    checks.check_identity(organization, each.name)
    checks.initial_status(each.status)
    _check_digest(each.digest)
    source = read_source(each.source_type, each.source, each.ref, each.subpath)
    return Draft(organization=organization, name=each.name, source=source, digest=each.digest, status=each.status)


def _check_same(request: wire.CreateSkillVersion) -> None:
    """What the body says again, it says of the same skill."""
    told: tuple[tuple[str, Any, str], ...] = (("name", request.name, request.skill), ("organization", request.organization, request.owner))
    for field, said, named in told:
        if said is not UNSET and said != named:
            raise InvalidParameterValue(f"Registration metadata '{field}' must match the path identity.")


def _check_digest(digest: str | None) -> None:
    if digest is not None and (len(digest) != DIGEST_LENGTH or not set(digest) <= set("0123456789abcdef")):
        raise InvalidParameterValue(f"'digest' must be a SHA-256 digest of {DIGEST_LENGTH} lowercase hex characters.")
