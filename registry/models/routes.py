"""Registered models over our own API, and the log of what moved. Decode, call, encode."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Protocol

import msgspec
from litestar import Request, Router, delete, get, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from registry.actor import because
from registry.errors import InvalidParameterValue
from registry.models.messages import DeleteRegisteredModelAlias, SetRegisteredModelAlias
from registry.models.types import ModelDetail, ModelPage, ModelVersion, MovePage, Page, RegisteredModel
from registry.models.version_messages import TransitionModelVersionStage
from registry.refusals import refusals
from registry.search import next_token, offset_of

__all__ = ("AliasTarget", "StageTarget", "router")

AnyRequest = Request[Any, Any, Any]
Limit = Annotated[int, QueryParameter(ge=1, le=1000)]
HINT: Final = "GET /api/v1/models (`tidegate models list`) lists what there is; see docs/models.md."


class Models(Protocol):
    """``registry.models.reader.ModelReader``, or whatever lets pass what a caller may see of it."""

    async def search(self, filter: str | None = None, *, offset: int = 0, limit: int = 100) -> Page:
        """A page of models."""
        ...

    async def model(self, name: str) -> RegisteredModel:
        """One model."""
        ...

    async def versions(self, name: str, limit: int = 100) -> Sequence[ModelVersion]:
        """Its newest versions, newest first."""
        ...

    async def version(self, name: str, selector: str) -> ModelVersion:
        """One version."""
        ...


class Aliases(Protocol):
    """``registry.models.alias_service.AliasService``, likewise."""

    async def set(self, request: SetRegisteredModelAlias) -> object:
        """Point an alias at a version."""
        ...

    async def delete(self, request: DeleteRegisteredModelAlias) -> object:
        """Remove an alias."""
        ...

    async def transition(self, request: TransitionModelVersionStage) -> object:
        """Move a version to a stage."""
        ...


class MoveLog(Protocol):
    """``registry.models.moves.Moves``, likewise."""

    async def log(self, name: str | None = None, cursor: int | None = None, limit: int = 100) -> MovePage:
        """What moved, newest first."""
        ...


class AliasTarget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The version that an alias is to point at, and why."""

    version: int
    reason: str = ""


class StageTarget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The stage that a version is to be in, whether what is there goes to ``Archived``, and why."""

    stage: str
    archive_existing_versions: bool = False
    reason: str = ""


def router(reader: Models, aliases: Aliases, moves: MoveLog) -> Router:
    """The routes under ``/api/v1/models``, and ``/api/v1/moves``."""

    @get("/models")
    async def index(filter: FromQuery[str] = "", limit: Limit = 100, cursor: FromQuery[str] = "") -> ModelPage:
        """Models by name, or those that a filter in MLflow's language finds."""
        page = await reader.search(filter, offset=offset_of(cursor), limit=limit)
        return ModelPage(page.models, None if page.next_offset is None else next_token(page.next_offset))

    @get("/models/{name:str}")
    async def show(name: FromPath[str], limit: Limit = 100) -> ModelDetail:
        """A model, its aliases and its newest versions."""
        return ModelDetail(await reader.model(name), list(await reader.versions(name, limit)))

    @get("/models/{name:str}/versions/{version:str}")
    async def show_version(name: FromPath[str], version: FromPath[str]) -> ModelVersion:
        """One version, by number, alias, ``latest`` or stage."""
        return await reader.version(name, version)

    @put("/models/{name:str}/aliases/{alias:str}")
    async def set_alias(name: FromPath[str], alias: FromPath[str], data: JSONBody[AliasTarget]) -> ModelVersion:
        """Point an alias at a version."""
        with because(data.reason):
            await aliases.set(SetRegisteredModelAlias(name=name, alias=alias, version=str(data.version)))
        return await reader.version(name, str(data.version))

    @delete("/models/{name:str}/aliases/{alias:str}")
    async def delete_alias(name: FromPath[str], alias: FromPath[str], reason: FromQuery[str] = "") -> None:
        """Remove an alias. One that is not there is no error."""
        with because(reason):
            await aliases.delete(DeleteRegisteredModelAlias(name=name, alias=alias))

    @put("/models/{name:str}/versions/{version:str}/stage")
    async def set_stage(name: FromPath[str], version: FromPath[str], data: JSONBody[StageTarget]) -> ModelVersion:
        """Move a version to a stage."""
        archive = data.archive_existing_versions
        request = TransitionModelVersionStage(name=name, version=version, stage=data.stage, archive_existing_versions=archive)
        with because(data.reason):
            await aliases.transition(request)
        return await reader.version(name, version)

    @get("/moves")
    async def log(name: FromQuery[str | None] = None, limit: Limit = 100, cursor: FromQuery[str] = "") -> MovePage:
        """Every move of an alias or a stage, newest first, of models and prompts, done and refused."""
        return await moves.log(name, _line(cursor), limit)

    return Router(
        "/api/v1",
        route_handlers=[index, show, show_version, set_alias, delete_alias, set_stage, log],
        exception_handlers=refusals(HINT),
        tags=["models"],
    )


def _line(cursor: str) -> int | None:
    if not cursor:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise InvalidParameterValue(f"The cursor {cursor[:40]!r} is none. Send back 'next_cursor' of the page before.")
    return int(cursor)
