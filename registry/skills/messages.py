"""What MLflow's client says of skills (``mlflow/server/skill_registry_api.py`` of 3.18), and what it is told."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from registry.icons import Icon
from registry.wire.messages import Int64
from registry.wire.plain import Closed, PlainMessage, shaped

__all__ = (
    "Alias",
    "BulkRegisterSkills",
    "CreateSkill",
    "CreateSkillVersion",
    "DeleteSkill",
    "DeleteSkillAlias",
    "DeleteSkillTag",
    "DeleteSkillVersion",
    "DeleteSkillVersionTag",
    "Drafted",
    "GetSkill",
    "GetSkillVersion",
    "GetSkillVersionByAlias",
    "SearchSkillVersions",
    "SearchSkills",
    "SetSkillAlias",
    "SetSkillTag",
    "SetSkillVersionTag",
    "Skill",
    "SkillVersion",
    "UpdateSkill",
    "UpdateSkillVersion",
)

Icons = Annotated[list[Annotated[dict[str, Any], shaped(Icon)]], msgspec.Meta(max_length=100)]
MOST_AT_ONCE: Final = 500


class Alias(PlainMessage):
    """A name for a version."""

    alias: str
    version: int


class Skill(PlainMessage):
    """A skill as clients see it; ``status``, ``latest_version`` and ``source_type`` follow its versions. Times are milliseconds."""

    name: str
    organization: str
    workspace: str
    description: str | None
    icons: list[dict[str, Any]] | None
    status: str | None
    latest_version: int | None
    source_type: str | None
    aliases: list[Alias]
    tags: dict[str, str]
    created_by: str | None
    last_updated_by: str | None
    creation_timestamp: Int64
    last_updated_timestamp: Int64


class SkillVersion(PlainMessage):
    """A version as clients see it."""

    name: str
    version: int
    organization: str
    workspace: str
    source_type: str | None
    source: str | None
    ref: str | None
    subpath: str | None
    digest: str | None
    status: str
    aliases: list[str]
    tags: dict[str, str]
    created_by: str | None
    last_updated_by: str | None
    creation_timestamp: Int64
    last_updated_timestamp: Int64


class OfSkill(Closed):
    """Names a skill in its path: ``/{skill}`` or ``/@{owner}/{skill}``."""

    skill: str
    owner: str = ""


class Search(PlainMessage):
    """What is asked of a search."""

    filter_string: str | None = None
    max_results: int = 100
    order_by: list[str] | None = None
    page_token: str | None = None


class CreateSkill(Closed):
    """Register a skill."""

    name: str
    organization: str = ""
    description: str | None = None
    icons: Icons | None = None

    Response = Skill


class SearchSkills(Search):
    """Skills, by organization and name unless another order is asked for; one empty identity asks for none."""

    include_skill_identities: list[str] | None = None

    class Response(PlainMessage):
        """A page of them."""

        skills: list[Skill]
        next_page_token: str | None = None


class GetSkill(OfSkill):
    """One skill."""

    Response = Skill


class UpdateSkill(OfSkill):
    """Change what is named; null takes it away."""

    description: str | UnsetType | None = UNSET
    icons: Icons | UnsetType | None = UNSET

    Response = Skill


class DeleteSkill(OfSkill):
    """Remove a skill, its versions and the files that were uploaded for them."""


class CreateSkillVersion(OfSkill):
    """Register a version by what it comes from, or by its files: ``content`` is a gzip-compressed tar, in a form beside the rest."""

    name: str | UnsetType | None = UNSET
    organization: str | UnsetType = UNSET
    source_type: str | None = None
    source: str | None = None
    ref: str | None = None
    subpath: str | None = None
    digest: str | None = None
    status: str = "active"
    content: bytes | None = None

    Response = SkillVersion


class Drafted(Closed):
    """One of many that are registered at once."""

    name: str
    source_type: str | None = None
    source: str
    ref: str | None = None
    subpath: str | None = None
    digest: str
    status: str = "active"


class BulkRegisterSkills(Closed):
    """Register what one repository has: all of it or nothing. What is known already is not registered again."""

    organization: str = ""
    skills: Annotated[list[Drafted], msgspec.Meta(min_length=1, max_length=MOST_AT_ONCE)]

    class Response(PlainMessage):
        """In the order of the request."""

        skill_versions: list[SkillVersion]


class SearchSkillVersions(Search):
    """Versions of a skill by number, unless another order is asked for."""

    skill: str
    owner: str = ""

    class Response(PlainMessage):
        """A page of them."""

        skill_versions: list[SkillVersion]
        next_page_token: str | None = None


class GetSkillVersion(OfSkill):
    """One version."""

    version: int

    Response = SkillVersion


class UpdateSkillVersion(OfSkill):
    """Change the status."""

    version: int
    status: str | UnsetType | None = UNSET

    Response = SkillVersion


class DeleteSkillVersion(OfSkill):
    """Remove a version, with the aliases that mean it."""

    version: int


class SetSkillTag(OfSkill):
    """Put a tag on a skill."""

    key: str
    value: str


class DeleteSkillTag(OfSkill):
    """Take it off."""

    key: str


class SetSkillVersionTag(SetSkillTag):
    """Put a tag on a version."""

    version: int


class DeleteSkillVersionTag(DeleteSkillTag):
    """Take it off."""

    version: int


class SetSkillAlias(OfSkill):
    """Point an alias at a version."""

    alias: str
    version: int


class GetSkillVersionByAlias(OfSkill):
    """The version that an alias means."""

    alias: str

    Response = SkillVersion


class DeleteSkillAlias(OfSkill):
    """Remove an alias."""

    alias: str
