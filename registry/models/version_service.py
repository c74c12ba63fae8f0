"""Model versions as MLflow's clients know them. A version of a prompt comes with its text in tags, and is kept with the text itself."""

from collections.abc import Callable, Mapping

import msgspec
from sqlalchemy import Connection

from registry.actor import CURRENT, Actor
from registry.errors import InvalidParameterValue
from registry.models.clock import now
from registry.models.finding import find_version, hold, hold_version
from registry.models.lineage import Lineage
from registry.models.messages import WithVersion
from registry.models.model_service import tags_given
from registry.models.moves import Metadata
from registry.models.names import check_description, check_model_name, check_tag, check_tag_key
from registry.models.registrar import Registrar
from registry.models.search import check_page_size, parse_version_search
from registry.models.search_store import search_versions
from registry.models.sources import Origin, locate
from registry.models.types import Kind, ModelVersion, NewVersion
from registry.models.uris import check_scheme
from registry.models.version_messages import (
    CreateModelVersion,
    DeleteModelVersion,
    DeleteModelVersionTag,
    GetModelVersion,
    GetModelVersionDownloadUri,
    SearchModelVersions,
    SetModelVersionTag,
    UpdateModelVersion,
)
from registry.models.views import version_view
from registry.prompts.texts import CONFIG_TAG, PROMPT_TAG, SOURCES, PromptText, config_of, is_prompt, is_reserved, tags_of, text_of
from registry.search import next_token, offset_of
from registry.workspaces.scope import WORKSPACE, unscoped

__all__ = ("ModelVersionService",)


class ModelVersionService:
    """Everything that is done with versions. Methods raise the tree of ``registry.errors``.

    ``changed`` is told the name of each that changed: what is remembered of it elsewhere is stale.
    """

    def __init__(self, metadata: Metadata, registrar: Registrar, lineage: Lineage, changed: Callable[[str], None]) -> None:
        self._metadata = metadata
        self._registrar = registrar
        self._lineage = lineage
        self._changed = changed

    async def create(self, request: CreateModelVersion) -> WithVersion:
        """Register a source, or the text of a prompt, as the next version of a name that exists."""
        check_model_name(request.name)
        check_description(request.description or "")
        given = {tag.key or "": tag.value or "" for tag in request.tags}
        text = text_of(request.name, given) if is_prompt(given) else None
        tags = tags_given(request.tags)
        check_scheme(request.source, "source")
        actor = CURRENT.get()
        draft = _model_draft(request, tags, actor) if text is None else _prompt_draft(request, text, tags, actor)

        def write(connection: Connection) -> ModelVersion:
            _check_kind(draft, hold(connection, draft.name))
            complete = draft if draft.text is not None else self._located(connection, draft, request)
            version = self._registrar.add_version(connection, complete, now(), actor)
            if version.model_id:
                self._lineage.link_version(connection, version.model_id, version.name, version.version)
            return version

        version = await self._metadata.share(write)
        self._changed(version.name)
        return WithVersion(model_version=version_view(version))

    async def update(self, request: UpdateModelVersion) -> WithVersion:
        """Change the description."""
        check_description(request.description or "")

        def write(connection: Connection) -> ModelVersion:
            version = hold_version(connection, request.name, request.version)
            self._registrar.describe(connection, version.name, version.version, request.description or "", now())
            return find_version(connection, request.name, request.version)

        updated = await self._metadata.run(write)
        self._changed(updated.name)
        return WithVersion(model_version=version_view(updated))

    async def delete(self, request: DeleteModelVersion) -> None:
        """Remove a version and what points at it."""
        actor = CURRENT.get()

        def write(connection: Connection) -> None:
            self._registrar.delete_version(connection, hold_version(connection, request.name, request.version), now(), actor)

        await self._metadata.run(write)
        self._changed(request.name)

    async def get(self, request: GetModelVersion) -> WithVersion:
        """One version."""
        return WithVersion(model_version=version_view(await self._read(request.name, request.version)))

    async def download_uri(self, request: GetModelVersionDownloadUri) -> GetModelVersionDownloadUri.Response:
        """The URI of a version's files."""
        version = await self._read(request.name, request.version)
        return GetModelVersionDownloadUri.Response(artifact_uri=version.storage_location or version.source)

    async def search(self, request: SearchModelVersions) -> SearchModelVersions.Response:
        """A page of versions of models, or of prompts."""
        size = check_page_size(request.max_results)
        search = parse_version_search(request.filter, request.order_by)
        offset, workspace = offset_of(request.page_token), WORKSPACE.get()
        found = await self._metadata.read(lambda connection: search_versions(connection, search, workspace, offset=offset, limit=size + 1))
        return SearchModelVersions.Response(
            model_versions=[version_view(version) for version in found[:size]],
            next_page_token=next_token(offset + size) if len(found) > size else None,
        )

    async def set_tag(self, request: SetModelVersionTag) -> None:
        """Set a tag of a version. One tag of a prompt's version says which model is to answer it."""
        value = request.value or ""
        check_tag(request.key, value)

        def write(connection: Connection) -> None:
            version = hold_version(connection, request.name, request.version)
            if version.text is None or not is_reserved(request.key):
                self._registrar.set_tag(connection, version.kind, version.name, version.version, request.key, value)
            elif request.key == CONFIG_TAG:
                self._set_config(connection, version, value)
            elif tags_of(version.text).get(request.key) != value:
                raise _text_is_fixed(version, request.key)

        await self._metadata.run(write)
        self._changed(request.name)

    async def delete_tag(self, request: DeleteModelVersionTag) -> None:
        """Remove a tag of a version. A tag that is not there is no error."""
        check_tag_key(request.key)

        def write(connection: Connection) -> None:
            version = hold_version(connection, request.name, request.version)
            if version.text is None or not is_reserved(request.key):
                self._registrar.delete_tag(connection, version.kind, version.name, version.version, request.key)
            elif request.key == CONFIG_TAG:
                self._set_config(connection, version, None)
            else:
                raise _text_is_fixed(version, request.key)

        await self._metadata.run(write)
        self._changed(request.name)

    async def _read(self, name: str, version: str) -> ModelVersion:
        return await self._metadata.read(lambda connection: find_version(connection, name, version))

    def _located(self, connection: Connection, draft: NewVersion, request: CreateModelVersion) -> NewVersion:
        origin = locate(connection, self._lineage, Origin(source=request.source, run_id=request.run_id, model_id=request.model_id))
        place = {"storage_location": origin.location, "run_id": origin.run_id or "", "model_id": origin.model_id or ""}
        return msgspec.structs.replace(draft, source=origin.source, **place)

    def _set_config(self, connection: Connection, version: ModelVersion, value: str | None) -> None:
        """The one tag of a prompt's version that may change: it says who is to answer, not what is asked."""
        kept = (
            {} if version.text is None else {key: each for key, each in version.text.config.items() if key not in {"model", "model_config"}}
        )
        self._registrar.set_text_config(connection, version, kept | config_of(value), CONFIG_TAG, value)


def _model_draft(request: CreateModelVersion, tags: Mapping[str, str], actor: Actor) -> NewVersion:
    return NewVersion(
        name=request.name,
        run_link=request.run_link or "",
        description=request.description or "",
        created_by=actor.name,
        tags={key: value for key, value in tags.items() if key != PROMPT_TAG},
    )


def _prompt_draft(request: CreateModelVersion, text: PromptText, tags: Mapping[str, str], actor: Actor) -> NewVersion:
    if request.source not in SOURCES:
        raise InvalidParameterValue(f"Invalid prompt source: '{request.source}'. The source of a prompt is one of {', '.join(SOURCES)}.")
    return NewVersion(
        name=request.name,
        source=request.source,
        run_id=request.run_id or "",
        run_link=request.run_link or "",
        description=request.description or "",
        created_by=actor.name,
        tags={key: value for key, value in tags.items() if not is_reserved(key)},
        text=text,
    )


def _check_kind(draft: NewVersion, kind: Kind) -> None:
    if draft.kind != kind:
        hint = f"the tag '{PROMPT_TAG}' must be 'true'" if kind == "prompt" else f"the tag '{PROMPT_TAG}' must not be 'true'"
        raise InvalidParameterValue(
            f"'{unscoped(draft.name)}' is the name of a {kind}, and a {draft.kind} cannot be a version of it: {hint}."
        )


def _text_is_fixed(version: ModelVersion, key: str) -> InvalidParameterValue:
    return InvalidParameterValue(
        f"The tag '{key}' is part of the text of version {version.version} of prompt '{unscoped(version.name)}', which never changes. "
        "Register a new version."
    )
