"""``/skills``: what agents are taught, in versions, with the files of those that were uploaded."""

from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec
from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from registry.artifacts.messages import FileInfo
from registry.skills.messages import (
    GetSkill,
    GetSkillVersion,
    GetSkillVersionByAlias,
    SearchSkills,
    SearchSkillVersions,
    Skill,
    SkillVersion,
)
from registry.skills.views import identity
from server.ui.asked import expression
from server.ui.files import Preview, preview, trail
from server.ui.pages.listing import Found, listing
from server.ui.pages.page import Services, base_url, page
from server.ui.services import UiServices

__all__ = ("skill", "skill_of_organization", "skills")

AnyRequest = Request[Any, Any, Any]
PAGE: Final = 100
VERSIONS: Final = 50
UPLOADED: Final = "mlflow"
"""The kind of source that says that the files are here."""


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """A folder of an uploaded version, and a file of it when one is looked at."""

    folder: str
    entries: list[FileInfo]
    preview: Preview | None


@get("/skills")
async def skills(request: AnyRequest, services: Services) -> Response[str]:
    """The list: words are looked for in names and descriptions, anything that compares is MLflow's language."""

    async def search(typed: str, cursor: str | None) -> Found:
        asked = SearchSkills(filter_string=expression(typed, "search_text"), max_results=PAGE, page_token=cursor)
        found = await services.registry.ask(asked)
        return [(identity(each.organization, each.name), each) for each in found.skills], found.next_page_token

    return await listing(request, services, "Skills", "skills", search)


@get("/skills/{skill_name:str}")
async def skill(skill_name: FromPath[str], request: AnyRequest, services: Services) -> Response[str]:
    """A skill with the version that ``v`` names, by its number or an alias, or its latest; of that the folder ``path``."""
    return await _page("", skill_name, request, services)


@get("/skills/{owner:str}/{skill_name:str}")
async def skill_of_organization(owner: FromPath[str], skill_name: FromPath[str], request: AnyRequest, services: Services) -> Response[str]:
    """The same of an organization: ``/skills/@acme/reviewer``."""
    if not owner.startswith("@"):
        raise NotFoundException
    return await _page(owner[1:], skill_name, request, services)


async def _page(organization: str, name: str, request: AnyRequest, services: UiServices) -> Response[str]:
    given = request.query_params
    found: Skill = await services.registry.ask(GetSkill(skill=name, owner=organization))
    shown = await _version(services, found, given.get("v"))
    whole = identity(organization, name)
    asked = SearchSkillVersions(
        skill=name, owner=organization, max_results=VERSIONS, order_by=["version DESC"], page_token=given.get("cursor") or None
    )
    versions: SearchSkillVersions.Response = await services.registry.ask(asked)
    files = await _files(services, shown, given.get("path", "").strip("/"), given.get("file")) if shown else None
    address = f"/skills/{quote(whole, safe='@/')}"
    return page(
        services,
        "skill.html",
        title=whole,
        section="skills",
        address=address,
        skill=found,
        versions=versions.skill_versions,
        older=versions.next_page_token,
        shown=shown,
        files=files,
        entries=files.entries if files else [],
        folder=files.folder if files else "",
        preview=files.preview if files else None,
        trail=trail(files.folder if files else ""),
        here=lambda **to: f"{address}?{urlencode({'v': shown.version if shown else '', **to})}",
        saved_at=lambda path: services.skill_files.saved_at(shown.source or "" if shown else "", path),
        moves=[each for each in (await services.registry.moves.log(whole, limit=50)).moves if each.kind == "skill"],
        snippet=_snippet(whole, shown, base_url(request, services.settings())),
        now=datetime.now(UTC),
    )


async def _version(services: UiServices, found: Skill, wanted: str | None) -> SkillVersion | None:
    """Raises ``ResourceDoesNotExist``."""
    wanted = wanted or str(found.latest_version or "")
    if not wanted:
        return None
    named = {"skill": found.name, "owner": found.organization}
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 10 else None
    message = GetSkillVersionByAlias(**named, alias=wanted) if number is None else GetSkillVersion(**named, version=number)
    shown: SkillVersion = await services.registry.ask(message)
    return shown


async def _files(services: UiServices, version: SkillVersion, folder: str, file: str | None) -> Files | None:
    """The files of a version; ``None`` where they are somewhere else: nothing is fetched from there."""
    if version.source_type != UPLOADED or not version.source:
        return None
    files, source = services.skill_files, version.source

    async def head(path: str, limit: int) -> tuple[int, bytes]:
        return await files.head(source, path, limit)

    return Files(
        folder=folder,
        entries=list(await files.list(source, folder)),
        preview=await preview(file, files.saved_at(source, file), head) if file else None,
    )


def _snippet(whole: str, version: SkillVersion | None, address: str) -> str:
    """Commands that fetch a version's files: by alias where one points at it, since aliases are what people should name."""
    if version is None:
        return ""
    selector = f"@{version.aliases[0]}" if version.aliases else f"/{version.version}"
    return f"export MLFLOW_TRACKING_URI={address}\nmlflow skills pull skills:/{whole}{selector}"
