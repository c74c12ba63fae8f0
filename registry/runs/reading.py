"""Runs as clients see them, put together from their tables."""

from collections.abc import Sequence

from sqlalchemy import Connection

from registry.errors import InvalidParameterValue, ResourceDoesNotExist
from registry.runs import inputs_store, store
from registry.runs.messages import Run, RunInfo, RunInputs, RunOutputs, RunStatus
from registry.runs.store import RunRow

__all__ = ("active_run", "find_run", "info_of", "whole_runs")


def find_run(connection: Connection, run_id: str) -> RunRow:
    """A run, deleted or not. Raises ``ResourceDoesNotExist``."""
    found = store.read_run(connection, run_id)
    if found is None:
        raise ResourceDoesNotExist(f"Run with id={run_id} not found")
    return found


def active_run(connection: Connection, run_id: str) -> RunRow:
    """A run that can be written to. Raises ``ResourceDoesNotExist`` and ``InvalidParameterValue``."""
    found = find_run(connection, run_id)
    if found.lifecycle_stage != "active":
        raise InvalidParameterValue(f"The run {run_id} must be in the 'active' state. Current state is {found.lifecycle_stage}.")
    return found


def whole_runs(connection: Connection, rows: Sequence[RunRow]) -> list[Run]:
    """Runs with all that belongs to them, in the order of ``rows``; a fixed number of statements, however many runs."""
    ids = [row.run_id for row in rows]
    data, some = store.read_data(connection, ids)
    datasets = inputs_store.read_datasets(connection, some)
    models = inputs_store.read_model_inputs(connection, some)
    made = inputs_store.read_model_outputs(connection, some)
    return [
        Run(
            info=info_of(row),
            data=data[row.run_id],
            inputs=RunInputs(dataset_inputs=datasets.get(row.run_id, []), model_inputs=models.get(row.run_id, [])),
            outputs=RunOutputs(model_outputs=made.get(row.run_id, [])),
        )
        for row in rows
    ]


def info_of(row: RunRow) -> RunInfo:
    """What a run's row says of it."""
    return RunInfo(
        run_id=row.run_id,
        run_uuid=row.run_id,
        run_name=row.name,
        experiment_id=str(row.experiment_id),
        user_id=row.user_id,
        status=RunStatus[row.status],
        start_time=row.start_time,
        end_time=row.end_time,
        artifact_uri=row.artifact_uri,
        lifecycle_stage=row.lifecycle_stage,
    )
