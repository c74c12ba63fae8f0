"""Runs: starting, ending, reading, hiding, finding."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection

from registry.errors import InvalidParameterValue, ResourceDoesNotExist
from registry.runs import store
from registry.runs.checks import check_max_results, experiment_number, storable_numbers, tag_of
from registry.runs.experiments import active_experiment
from registry.runs.messages import (
    CreateRun,
    DeleteRun,
    DeleteTag,
    GetRun,
    RestoreRun,
    Run,
    RunData,
    RunInputs,
    RunTag,
    SearchRuns,
    SetTag,
    UpdateRun,
    ViewType,
)
from registry.runs.names import random_name
from registry.runs.reading import active_run, find_run, info_of, whole_runs
from registry.runs.search import parse_search
from registry.runs.search_store import search_runs
from registry.runs.store import RunRow
from registry.runs.types import Metadata, now_ms
from registry.search import next_token, offset_of

__all__ = ("RUN_NAME", "RunService")

RUN_NAME: Final = "mlflow.runName"
"""The tag that holds a run's name, always the same as the name itself."""

PAGE: Final = 1000


class RunService:
    """What is done with a run as a whole. Methods raise the tree of ``registry.errors``."""

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata

    async def create(self, request: CreateRun) -> CreateRun.Response:
        """Start a run in an active experiment; the default one where none is named."""
        number = experiment_number(request.experiment_id or "0")
        name, tags = _named(request)

        def write(connection: Connection) -> RunRow:
            row = _new_run(request, number, name, active_experiment(connection, number).artifact_location)
            store.insert_run(connection, row)
            store.put_tags(connection, row.run_id, tags)
            return row

        row = await self._metadata.share(write)
        data = RunData(tags=[RunTag(key=key, value=value) for key, value in tags.items()])
        return CreateRun.Response(run=Run(info=info_of(row), data=data, inputs=RunInputs()))

    async def get(self, request: GetRun) -> GetRun.Response:
        """A run with all that belongs to it, deleted or not."""
        run_id = request.run_id
        runs = await self._metadata.read(lambda connection: whole_runs(connection, [find_run(connection, run_id)]))
        return GetRun.Response(run=runs[0])

    async def update(self, request: UpdateRun) -> UpdateRun.Response:
        """Say how an active run ended, or rename it; the name's tag follows."""
        changes: dict[str, Any] = {}
        if request.status is not None:
            changes["status"] = request.status.value
        if request.end_time is not None:
            changes["end_time"] = request.end_time
        name = request.run_name or None

        def write(connection: Connection) -> RunRow:
            active_run(connection, request.run_id)
            change(connection, request.run_id, changes, name)
            return find_run(connection, request.run_id)

        return UpdateRun.Response(run_info=info_of(await self._metadata.share(write)))

    async def delete(self, request: DeleteRun) -> None:
        """Hide a run. One that is hidden already stays so."""
        await self._move(request.run_id, {"lifecycle_stage": "deleted", "deleted_time": now_ms()})

    async def restore(self, request: RestoreRun) -> None:
        """Bring a run back."""
        await self._move(request.run_id, {"lifecycle_stage": "active", "deleted_time": None})

    async def set_tag(self, request: SetTag) -> None:
        """Set a tag of an active run."""
        key, value = tag_of(RunTag(key=request.key, value=request.value))

        def write(connection: Connection) -> None:
            active_run(connection, request.run_id)
            put_tags(connection, request.run_id, {key: value})

        await self._metadata.share(write)

    async def delete_tag(self, request: DeleteTag) -> None:
        """Remove a tag of an active run."""

        def write(connection: Connection) -> None:
            active_run(connection, request.run_id)
            if not store.delete_tag(connection, request.run_id, request.key):
                raise ResourceDoesNotExist(f"No tag with name: {request.key} in run with id {request.run_id}")

        await self._metadata.share(write)

    async def search(self, request: SearchRuns) -> SearchRuns.Response:
        """A page of runs of some experiments; experiments that nobody knows have none."""
        size = check_max_results(PAGE if request.max_results is None else request.max_results)
        search = parse_search(request.filter, request.order_by)
        offset = offset_of(request.page_token)
        experiments = storable_numbers(request.experiment_ids)
        view = request.run_view_type or ViewType.ACTIVE_ONLY

        def read(connection: Connection) -> tuple[list[Run], bool]:
            rows = search_runs(connection, experiments, search, view, offset=offset, limit=size + 1)
            return whole_runs(connection, rows[:size]), len(rows) > size

        runs, more = await self._metadata.read(read)
        return SearchRuns.Response(runs=runs, next_page_token=next_token(offset + size) if more else None)

    async def _move(self, run_id: str, changes: Mapping[str, Any]) -> None:
        def write(connection: Connection) -> None:
            find_run(connection, run_id)
            store.change_run(connection, run_id, changes)

        await self._metadata.share(write)


def change(connection: Connection, run_id: str, changes: Mapping[str, Any], name: str | None) -> None:
    """Set columns of a run, and its name with the tag that repeats it."""
    if name is not None:
        changes = {**changes, "name": name}
        store.put_tags(connection, run_id, {RUN_NAME: name})
    if changes:
        store.change_run(connection, run_id, changes)


def put_tags(connection: Connection, run_id: str, tags: Mapping[str, str]) -> None:
    """Set tags of a run; the tag of its name renames it, and an empty name changes nothing."""
    plain = {key: value for key, value in tags.items() if key != RUN_NAME}
    store.put_tags(connection, run_id, plain)
    change(connection, run_id, {}, tags.get(RUN_NAME) or None)


def _named(request: CreateRun) -> tuple[str, dict[str, str]]:
    """The name of a new run, and its tags with that name among them."""
    tags = {tag.key: tag.value or "" for tag in request.tags}
    tagged = tags.get(RUN_NAME, "")
    if request.run_name and tagged and request.run_name != tagged:
        raise InvalidParameterValue(
            "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values "
            f"(run_name='{request.run_name}', mlflow.runName='{tagged}')."
        )
    name = request.run_name or tagged or random_name()
    return name, {**tags, RUN_NAME: name}


def _new_run(request: CreateRun, experiment: int, name: str, location: str) -> RunRow:
    run_id = uuid4().hex
    return RunRow(
        run_id=run_id,
        experiment_id=experiment,
        name=name,
        user_id=request.user_id or "",
        status="RUNNING",
        start_time=request.start_time or 0,
        end_time=None,
        artifact_uri=inside(location, run_id, "artifacts"),
        lifecycle_stage="active",
    )


def inside(location: str, *parts: str) -> str:
    """A place below an artifact location; its query, if it has one, stays at the end."""
    path, mark, query = location.partition("?")
    return "/".join([path.rstrip("/"), *parts]) + mark + query
