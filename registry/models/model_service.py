"""Registered models as MLflow's clients know them: names, their descriptions, tags, newest versions. A prompt is one of them."""

from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from registry.actor import CURRENT
from registry.errors import InvalidParameterValue, ResourceAlreadyExists
from registry.models import store
from registry.models.clock import now
from registry.models.finding import find_model, hold
from registry.models.messages import (
    CreateRegisteredModel,
    DeleteRegisteredModel,
    DeleteRegisteredModelTag,
    GetLatestVersions,
    GetRegisteredModel,
    RenameRegisteredModel,
    SearchRegisteredModels,
    SetRegisteredModelTag,
    Tag,
    UpdateRegisteredModel,
    WithModel,
)
from registry.models.moves import Metadata
from registry.models.names import check_description, check_model_name, check_new_name, check_tag, check_tag_key, check_tags, read_stage
from registry.models.registrar import Registrar
from registry.models.search import check_page_size, parse_model_search
from registry.models.search_store import search_models
from registry.models.types import Kind, RegisteredModel
from registry.models.views import model_view, version_view
from registry.prompts.texts import PROMPT_TAG, is_prompt
from registry.search import next_token, offset_of
from registry.workspaces.scope import WORKSPACE, unscoped

__all__ = ("RegisteredModelService", "tags_given")

TITLES: Final[dict[Kind, str]] = {"model": "Registered Model", "prompt": "Prompt"}


def tags_given(tags: Sequence[Tag]) -> dict[str, str]:
    """Tags by key, the last of a key counts. Raises ``InvalidParameterValue``."""
    given = {tag.key or "": tag.value or "" for tag in tags}
    check_tags(given)
    return given


class RegisteredModelService:
    """Everything that is done with names. Methods raise the tree of ``registry.errors``.

    ``changed`` is told the name of each that changed: what is remembered of it elsewhere is stale.
    """

    def __init__(self, metadata: Metadata, registrar: Registrar, changed: Callable[[str], None]) -> None:
        self._metadata = metadata
        self._registrar = registrar
        self._changed = changed

    async def create(self, request: CreateRegisteredModel) -> WithModel:
        """Take a name, for a model or for a prompt."""
        check_new_name(request.name)
        check_description(request.description or "")
        model = _new(request)

        def write(connection: Connection) -> None:
            if not self._registrar.create(connection, model):
                raise _taken(model, store.kind_of(connection, model.name) or model.kind)

        await self._metadata.run(write)
        return WithModel(registered_model=model_view(model))

    async def rename(self, request: RenameRegisteredModel) -> WithModel:
        """Give a name another one, which nothing has yet."""
        check_new_name(request.new_name, "new_name")

        def write(connection: Connection) -> RegisteredModel:
            kind = hold(connection, request.name)
            self._registrar.rename(connection, kind, request.name, request.new_name, now())
            return find_model(connection, request.new_name)

        try:
            renamed = await self._metadata.run(write)
        except IntegrityError:
            raise ResourceAlreadyExists(f"Registered Model (name={unscoped(request.new_name)}) already exists.") from None
        self._changed(request.name)
        return WithModel(registered_model=model_view(renamed))

    async def update(self, request: UpdateRegisteredModel) -> WithModel:
        """Change the description."""
        check_description(request.description or "")

        def write(connection: Connection) -> RegisteredModel:
            hold(connection, request.name)
            self._registrar.describe(connection, request.name, None, request.description or "", now())
            return find_model(connection, request.name)

        return WithModel(registered_model=model_view(await self._metadata.run(write)))

    async def delete(self, request: DeleteRegisteredModel) -> None:
        """Remove a name with everything under it."""
        actor = CURRENT.get()

        def write(connection: Connection) -> None:
            hold(connection, request.name)
            self._registrar.delete(connection, find_model(connection, request.name), now(), actor)

        await self._metadata.run(write)
        self._changed(request.name)

    async def get(self, request: GetRegisteredModel) -> WithModel:
        """One name."""
        found = await self._metadata.read(lambda connection: find_model(connection, request.name))
        return WithModel(registered_model=model_view(found))

    async def latest_versions(self, request: GetLatestVersions) -> GetLatestVersions.Response:
        """The newest version of each stage, or of the stages that are named."""
        found = await self._metadata.read(lambda connection: find_model(connection, request.name))
        stages = {read_stage(stage) for stage in request.stages}
        wanted = [version for version in found.latest_versions if not stages or version.stage in stages]
        return GetLatestVersions.Response(model_versions=[version_view(version) for version in wanted])

    async def search(self, request: SearchRegisteredModels) -> SearchRegisteredModels.Response:
        """A page of models, or of prompts."""
        size = check_page_size(request.max_results)
        search = parse_model_search(request.filter, request.order_by)
        offset, workspace = offset_of(request.page_token), WORKSPACE.get()
        found = await self._metadata.read(lambda connection: search_models(connection, search, workspace, offset=offset, limit=size + 1))
        return SearchRegisteredModels.Response(
            registered_models=[model_view(model) for model in found[:size]],
            next_page_token=next_token(offset + size) if len(found) > size else None,
        )

    async def set_tag(self, request: SetRegisteredModelTag) -> None:
        """Say something of a name. What it is a name of cannot be changed by a tag."""
        value = request.value or ""
        check_model_name(request.name)
        check_tag(request.key, value)

        def write(connection: Connection) -> None:
            kind = hold(connection, request.name)
            if request.key != PROMPT_TAG:
                self._registrar.set_tag(connection, kind, request.name, None, request.key, value)
            elif is_prompt({PROMPT_TAG: value}) != (kind == "prompt"):
                raise _kind_is_fixed(request.name, kind)

        await self._metadata.run(write)

    async def delete_tag(self, request: DeleteRegisteredModelTag) -> None:
        """Take it back. A tag that is not there is no error."""
        check_model_name(request.name)
        check_tag_key(request.key)

        def write(connection: Connection) -> None:
            kind = hold(connection, request.name)
            if request.key == PROMPT_TAG and kind == "prompt":
                raise _kind_is_fixed(request.name, kind)
            self._registrar.delete_tag(connection, kind, request.name, None, request.key)

        await self._metadata.run(write)


def _new(request: CreateRegisteredModel) -> RegisteredModel:
    tags, at = tags_given(request.tags), now()
    return RegisteredModel(
        name=request.name,
        kind="prompt" if is_prompt(tags) else "model",
        description=request.description or "",
        created_by=CURRENT.get().name,
        created_at=at,
        updated_at=at,
        tags={key: value for key, value in tags.items() if key != PROMPT_TAG},
    )


def _taken(model: RegisteredModel, by: Kind) -> ResourceAlreadyExists:
    name = unscoped(model.name)
    if model.kind == by:
        return ResourceAlreadyExists(f"{TITLES[by]} (name={name}) already exists.")
    wanted, taken = TITLES[model.kind].lower(), TITLES[by].lower()
    return ResourceAlreadyExists(
        f"Tried to create a {wanted} with name {name!r}, but the name is already taken by a {taken}. "
        "A model and a prompt cannot have the same name."
    )


def _kind_is_fixed(name: str, kind: Kind) -> InvalidParameterValue:
    return InvalidParameterValue(
        f"'{unscoped(name)}' is the name of a {TITLES[kind].lower()}, and stays that: the tag '{PROMPT_TAG}' says what a name is of "
        "when it is created. Create another name."
    )
