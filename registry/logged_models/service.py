"""Logged models: making, finishing, reading, hiding, finding."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection

from registry.errors import InvalidParameterValue, ResourceDoesNotExist
from registry.logged_models import store
from registry.logged_models.messages import (
    CreateLoggedModel,
    DeleteLoggedModel,
    DeleteLoggedModelTag,
    FinalizeLoggedModel,
    GetLoggedModel,
    LoggedModel,
    LoggedModelData,
    LoggedModelInfo,
    LoggedModelParameter,
    LoggedModelStatus,
    LoggedModelTag,
    LogLoggedModelParamsRequest,
    SearchLoggedModels,
    SetLoggedModelTags,
)
from registry.logged_models.search import next_token, offset_of, parse_search
from registry.logged_models.search_store import search_models
from registry.logged_models.store import ModelRow
from registry.runs.checks import MAX_PARAM_VALUE, check_length, check_max_results, experiment_number, storable_numbers
from registry.runs.experiments import active_experiment
from registry.runs.names import random_name
from registry.runs.service import inside
from registry.runs.types import Metadata, now_ms

__all__ = ("LoggedModelService",)

BAD_CHARACTERS: Final = ("/", ":", ".", "%", '"', "'")
PAGE: Final = 100


class LoggedModelService:
    """Everything that is done with logged models. Methods raise the tree of ``registry.errors``."""

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata

    async def create(self, request: CreateLoggedModel) -> CreateLoggedModel.Response:
        """Make a model in an active experiment."""
        _check_name(request.name)
        number = experiment_number(request.experiment_id)
        params = _params(request.params)
        tags = {tag.key: tag.value or "" for tag in request.tags}

        def write(connection: Connection) -> LoggedModel:
            row = _new_model(request, number, active_experiment(connection, number).artifact_location)
            store.insert_model(connection, row)
            store.put_params(connection, row.model_id, params)
            store.put_tags(connection, row.model_id, tags)
            return _whole(connection, row)

        return CreateLoggedModel.Response(model=await self._metadata.run(write))

    async def finalize(self, request: FinalizeLoggedModel) -> FinalizeLoggedModel.Response:
        """Note whether the files came."""
        model = await self._change(request.model_id, {"status": request.status.value})
        return FinalizeLoggedModel.Response(model=model)

    async def get(self, request: GetLoggedModel) -> GetLoggedModel.Response:
        """A model; a deleted one only when that is asked for."""

        def read(connection: Connection) -> LoggedModel:
            row = _find(connection, request.model_id)
            if row.lifecycle_stage == "deleted" and not request.allow_deleted:
                raise _missing(request.model_id)
            return _whole(connection, row)

        return GetLoggedModel.Response(model=await self._metadata.read(read))

    async def delete(self, request: DeleteLoggedModel) -> None:
        """Hide a model. One that is hidden already stays so."""
        await self._change(request.model_id, {"lifecycle_stage": "deleted"})

    async def set_tags(self, request: SetLoggedModelTags) -> None:
        """Set tags of a model."""
        tags = {tag.key: tag.value or "" for tag in request.tags}

        def write(connection: Connection) -> None:
            _find(connection, request.model_id)
            store.put_tags(connection, request.model_id, tags)

        await self._metadata.run(write)

    async def delete_tag(self, request: DeleteLoggedModelTag) -> None:
        """Remove a tag of a model."""

        def write(connection: Connection) -> None:
            _find(connection, request.model_id)
            if not store.delete_tag(connection, request.model_id, request.tag_key):
                raise ResourceDoesNotExist(f"No tag with key {request.tag_key!r} found for model with ID {request.model_id!r}.")

        await self._metadata.run(write)

    async def log_params(self, request: LogLoggedModelParamsRequest) -> None:
        """Add params; the same value again is no error, another one is."""
        params = _params(request.params)

        def write(connection: Connection) -> None:
            _find(connection, request.model_id)
            store.put_params(connection, request.model_id, params)
            stored = store.params_of(connection, request.model_id)
            if changed := [key for key, value in params.items() if stored[key] != value]:
                raise InvalidParameterValue(
                    f"Changing param values is not allowed. The model {request.model_id} has other values of {changed} already."
                )

        await self._metadata.run(write)

    async def search(self, request: SearchLoggedModels) -> SearchLoggedModels.Response:
        """A page of the models of some experiments; of none there are none."""
        search = parse_search(request)
        offset = offset_of(request)
        size = check_max_results(request.max_results or PAGE)
        numbers = storable_numbers(request.experiment_ids)

        def read(connection: Connection) -> tuple[list[LoggedModel], bool]:
            rows = search_models(connection, numbers, search, offset=offset, limit=size + 1)
            return _wholes(connection, rows[:size]), len(rows) > size

        models, more = await self._metadata.read(read)
        return SearchLoggedModels.Response(models=models, next_page_token=next_token(request, offset + size) if more else None)

    async def _change(self, model_id: str, changes: Mapping[str, Any]) -> LoggedModel:
        def write(connection: Connection) -> LoggedModel:
            _find(connection, model_id)
            store.change_model(connection, model_id, {**changes, "last_updated_timestamp_ms": now_ms()})
            return _whole(connection, _find(connection, model_id))

        return await self._metadata.run(write)


def _check_name(name: str | None) -> None:
    if name and any(character in name for character in BAD_CHARACTERS):
        raise InvalidParameterValue(
            f"Invalid model name ({name!r}) provided. Model name must be a non-empty string "
            f"and cannot contain the following characters: {BAD_CHARACTERS}"
        )


def _params(given: Sequence[LoggedModelParameter]) -> dict[str, str]:
    for param in given:
        check_length("Param value", MAX_PARAM_VALUE, param.value)
    return {param.key: param.value or "" for param in given}


def _new_model(request: CreateLoggedModel, experiment: int, location: str) -> ModelRow:
    model_id, at = f"m-{uuid4().hex}", now_ms()
    return ModelRow(
        model_id=model_id,
        experiment_id=experiment,
        name=request.name or random_name(),
        model_type=request.model_type or "",
        source_run_id=request.source_run_id or "",
        status=LoggedModelStatus.LOGGED_MODEL_PENDING.value,
        status_message=None,
        artifact_location=inside(location, "models", model_id, "artifacts"),
        lifecycle_stage="active",
        creation_timestamp_ms=at,
        last_updated_timestamp_ms=at,
    )


def _find(connection: Connection, model_id: str) -> ModelRow:
    found = store.read_model(connection, model_id)
    if found is None:
        raise _missing(model_id)
    return found


def _missing(model_id: str) -> ResourceDoesNotExist:
    return ResourceDoesNotExist(f"Logged model with ID '{model_id}' not found.")


def _whole(connection: Connection, row: ModelRow) -> LoggedModel:
    return _wholes(connection, [row])[0]


def _wholes(connection: Connection, rows: Sequence[ModelRow]) -> list[LoggedModel]:
    ids = [row.model_id for row in rows]
    params, tags, metrics = store.read_params(connection, ids), store.read_tags(connection, ids), store.read_metrics(connection, ids)
    return [
        LoggedModel(
            info=_info(row, tags.get(row.model_id, [])),
            data=LoggedModelData(
                params=[LoggedModelParameter(key=key, value=value) for key, value in params.get(row.model_id, [])],
                metrics=metrics.get(row.model_id, []),
            ),
        )
        for row in rows
    ]


def _info(row: ModelRow, tags: Sequence[tuple[str, str]]) -> LoggedModelInfo:
    return LoggedModelInfo(
        model_id=row.model_id,
        experiment_id=str(row.experiment_id),
        name=row.name,
        creation_timestamp_ms=row.creation_timestamp_ms,
        last_updated_timestamp_ms=row.last_updated_timestamp_ms,
        artifact_uri=row.artifact_location,
        status=LoggedModelStatus[row.status],
        model_type=row.model_type,
        source_run_id=row.source_run_id,
        status_message=row.status_message,
        tags=[LoggedModelTag(key=key, value=value) for key, value in tags],
    )
