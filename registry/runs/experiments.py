"""Experiments: making, reading, renaming, hiding and bringing back."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from registry.artifacts.trees import own_path, owner_of
from registry.errors import InvalidParameterValue, InvalidState, ResourceAlreadyExists, ResourceDoesNotExist
from registry.runs import experiment_store as store
from registry.runs.checks import (
    LARGEST_NUMBER,
    check_experiment_name,
    check_experiment_tag,
    check_location,
    check_max_results,
    experiment_number,
    settled_location,
)
from registry.runs.experiment_messages import (
    CreateExperiment,
    DeleteExperiment,
    DeleteExperimentTag,
    Experiment,
    ExperimentTag,
    GetExperiment,
    GetExperimentByName,
    RestoreExperiment,
    SearchExperiments,
    SetExperimentTag,
    UpdateExperiment,
)
from registry.runs.experiment_search import parse_search
from registry.runs.experiment_search_store import search_experiments
from registry.runs.experiment_store import ExperimentRow
from registry.runs.messages import ViewType
from registry.runs.types import Metadata, now_ms
from registry.search import next_token, offset_of
from registry.workspaces.scope import WORKSPACE, current
from registry.workspaces.store import artifact_root_of

__all__ = ("ExperimentService", "active_experiment", "find_experiment")

MAX_VIEWS: Final = 50
VIEW_PREFIX: Final = "mlflow.customView."


class ExperimentService:
    """Everything that is done with experiments. Methods raise the tree of ``registry.errors``."""

    def __init__(self, metadata: Metadata, artifact_root: str = "mlflow-artifacts:/") -> None:
        self._metadata = metadata
        self._artifact_root = artifact_root

    async def create(self, request: CreateExperiment) -> CreateExperiment.Response:
        """Make an experiment."""
        check_experiment_name(request.name)
        location = settled_location(request.artifact_location or "")
        check_location(location)
        tags = {tag.key: tag.value or "" for tag in request.tags}
        for key, value in tags.items():
            check_experiment_tag(key, value)

        workspace = current()

        def write(connection: Connection) -> int:
            _check_folder(connection, location)
            root = artifact_root_of(connection, workspace) or self._artifact_root
            number = store.insert_experiment(connection, workspace, request.name, location, root, now_ms())
            store.put_tags(connection, number, tags)
            return number

        try:
            return CreateExperiment.Response(experiment_id=str(await self._metadata.run(write)))
        except IntegrityError:
            raise _taken(request.name) from None

    async def get(self, request: GetExperiment) -> GetExperiment.Response:
        """An experiment by its identifier."""
        number = experiment_number(request.experiment_id)
        return GetExperiment.Response(
            experiment=await self._metadata.read(lambda connection: _whole(connection, find_experiment(connection, number)))
        )

    async def get_by_name(self, request: GetExperimentByName) -> GetExperimentByName.Response:
        """An experiment by its name."""
        workspace = current()

        def read(connection: Connection) -> Experiment:
            found = store.read_experiment_named(connection, workspace, request.experiment_name)
            if found is None:
                raise ResourceDoesNotExist(f"Could not find experiment with name '{request.experiment_name}'")
            return _whole(connection, found)

        return GetExperimentByName.Response(experiment=await self._metadata.read(read))

    async def update(self, request: UpdateExperiment) -> None:
        """Rename an active experiment."""
        check_experiment_name(request.new_name)
        number = experiment_number(request.experiment_id)

        def write(connection: Connection) -> None:
            if find_experiment(connection, number).lifecycle_stage != "active":
                raise InvalidState("Cannot rename a non-active experiment.")
            store.change_experiment(connection, number, {"name": request.new_name, "last_update_time": now_ms()})

        try:
            await self._metadata.run(write)
        except IntegrityError:
            raise _taken(request.new_name) from None

    async def delete(self, request: DeleteExperiment) -> None:
        """Hide an active experiment and its runs."""
        await self._move(request.experiment_id, "active", "deleted")

    async def restore(self, request: RestoreExperiment) -> None:
        """Bring a deleted experiment and its runs back."""
        await self._move(request.experiment_id, "deleted", "active")

    async def set_tag(self, request: SetExperimentTag) -> None:
        """Set a tag of an active experiment."""
        value = request.value or ""
        check_experiment_tag(request.key, value)
        number = experiment_number(request.experiment_id)

        def write(connection: Connection) -> None:
            active_experiment(connection, number)
            if request.key.startswith(VIEW_PREFIX):
                _check_views(connection, number, request.key)
            store.put_tags(connection, number, {request.key: value})

        await self._metadata.run(write)

    async def delete_tag(self, request: DeleteExperimentTag) -> None:
        """Remove a tag of an active experiment."""
        number = experiment_number(request.experiment_id)

        def write(connection: Connection) -> None:
            active_experiment(connection, number)
            if not store.delete_tag(connection, number, request.key):
                raise ResourceDoesNotExist(f"No tag with name: {request.key} in experiment with id {request.experiment_id}")

        await self._metadata.run(write)

    async def search(self, request: SearchExperiments) -> SearchExperiments.Response:
        """A page of experiments."""
        size = check_max_results(request.max_results or 0)
        search = parse_search(request.filter, request.order_by)
        offset = offset_of(request.page_token)
        view = request.view_type or ViewType.ACTIVE_ONLY
        workspace = WORKSPACE.get()

        def read(connection: Connection) -> list[Experiment]:
            return _wholes(connection, search_experiments(connection, search, view, workspace, offset=offset, limit=size + 1))

        found = await self._metadata.read(read)
        token = next_token(offset + size) if len(found) > size else None
        return SearchExperiments.Response(experiments=found[:size], next_page_token=token)

    async def _move(self, experiment_id: str, from_stage: str, to_stage: str) -> None:
        number = experiment_number(experiment_id)
        at = now_ms()

        def write(connection: Connection) -> None:
            if find_experiment(connection, number).lifecycle_stage != from_stage:
                raise _missing(number)
            store.change_experiment(connection, number, {"lifecycle_stage": to_stage, "last_update_time": at})
            store.move_runs(connection, number, to_stage, at if to_stage == "deleted" else None)

        await self._metadata.run(write)


def find_experiment(connection: Connection, number: int) -> ExperimentRow:
    """An experiment, deleted or not. Raises ``ResourceDoesNotExist``."""
    found = store.read_experiment(connection, number) if 0 <= number <= LARGEST_NUMBER else None
    if found is None:
        raise _missing(number)
    return found


def active_experiment(connection: Connection, number: int) -> ExperimentRow:
    """An experiment that can be written to. Raises ``ResourceDoesNotExist`` and ``InvalidParameterValue``."""
    found = find_experiment(connection, number)
    if found.lifecycle_stage != "active":
        raise InvalidParameterValue(f"The experiment {number} must be in the 'active' state. Current state is {found.lifecycle_stage}.")
    return found


def _check_folder(connection: Connection, location: str) -> None:
    """Folders that are numbers are those of experiments: nobody waits with one's own in that of the next."""
    owner = owner_of(own_path(location) or "")
    if owner.isdecimal() and (int(owner) > LARGEST_NUMBER or store.read_experiment(connection, int(owner)) is None):
        raise InvalidParameterValue(
            f"'artifact_location' lies in the folder of experiment {owner}, which does not exist. Use another folder."
        )


def _check_views(connection: Connection, number: int, key: str) -> None:
    views = [known for known, _ in store.read_tags(connection, [number])[number] if known.startswith(VIEW_PREFIX)]
    if key not in views and len(views) >= MAX_VIEWS:
        raise InvalidParameterValue(
            f"Unable to create another custom view for experiment {number}; the maximum number of custom views per experiment is "
            f"{MAX_VIEWS}. Delete an existing custom view before creating a new one."
        )


def _whole(connection: Connection, row: ExperimentRow) -> Experiment:
    return _wholes(connection, [row])[0]


def _wholes(connection: Connection, rows: Sequence[ExperimentRow]) -> list[Experiment]:
    tags = store.read_tags(connection, [row.experiment_id for row in rows])
    return [_experiment(row, tags) for row in rows]


def _experiment(row: ExperimentRow, tags: Mapping[int, Sequence[tuple[str, str]]]) -> Experiment:
    return Experiment(
        experiment_id=str(row.experiment_id),
        name=row.name,
        artifact_location=row.artifact_location,
        lifecycle_stage=row.lifecycle_stage,
        last_update_time=row.last_update_time,
        creation_time=row.creation_time,
        tags=[ExperimentTag(key=key, value=value) for key, value in tags[row.experiment_id]],
    )


def _missing(number: int) -> ResourceDoesNotExist:
    return ResourceDoesNotExist(f"No Experiment with id={number} exists")


def _taken(name: str) -> ResourceAlreadyExists:
    return ResourceAlreadyExists(
        f"Experiment(name={name}) already exists. Choose another name; a deleted experiment keeps its name, too, and can be restored."
    )
