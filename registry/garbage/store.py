"""What was deleted, in the metadata database: each function is one step of a transaction."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, or_, select

from registry.access.store import forget_resource
from registry.garbage.types import Doomed
from registry.runs.numbers_store import retire_number
from registry.workspaces.scope import REMOVED
from storage.genai_tables import dataset_experiments, issues, label_schemas, online_scoring_configs, review_queues, scorers
from storage.run_tables import experiments, logged_models, runs

__all__ = ("delete_experiment", "delete_logged_models", "delete_runs", "doomed_experiments", "doomed_logged_models", "doomed_runs")

OF_EXPERIMENTS: Final = (scorers, online_scoring_configs, label_schemas, review_queues, issues, dataset_experiments)
"""What is in an experiment and does not go with its row."""


def doomed_runs(connection: Connection, before: int, limit: int | None = None) -> list[Doomed]:
    """Runs that were deleted by then (milliseconds since the epoch), and all runs of experiments that were."""
    gone = (runs.c.lifecycle_stage == "deleted") & (runs.c.deleted_time <= before)
    there = or_(gone, runs.c.experiment_id.in_(select(experiments.c.experiment_id).where(_gone_experiments(before))))
    found = connection.execute(select(runs.c.run_id, runs.c.artifact_uri).where(there).order_by(runs.c.run_id).limit(limit))
    return [Doomed(*row) for row in found]


def doomed_logged_models(connection: Connection, before: int, limit: int | None = None) -> list[Doomed]:
    """Logged models that were deleted by then. Their last change was their deletion."""
    gone = (logged_models.c.lifecycle_stage == "deleted") & (logged_models.c.last_updated_timestamp_ms <= before)
    of_experiments = logged_models.c.experiment_id.in_(select(experiments.c.experiment_id).where(_gone_experiments(before)))
    statement = select(logged_models.c.model_id, logged_models.c.artifact_location).where(or_(gone, of_experiments))
    return [Doomed(*row) for row in connection.execute(statement.order_by(logged_models.c.model_id).limit(limit))]


def doomed_experiments(connection: Connection, before: int, limit: int | None = None) -> list[Doomed]:
    """Experiments that were deleted by then."""
    statement = select(experiments.c.experiment_id, experiments.c.artifact_location).where(_gone_experiments(before))
    return [
        Doomed(str(number), place) for number, place in connection.execute(statement.order_by(experiments.c.experiment_id).limit(limit))
    ]


def delete_runs(connection: Connection, ids: Sequence[str]) -> None:
    """Remove runs with their params, tags, metrics and inputs."""
    connection.execute(delete(runs).where(runs.c.run_id.in_(ids)))


def delete_logged_models(connection: Connection, ids: Sequence[str]) -> None:
    """Remove logged models with their params, tags and metrics."""
    connection.execute(delete(logged_models).where(logged_models.c.model_id.in_(ids)))


def delete_experiment(connection: Connection, number: int) -> None:
    """Remove an experiment, what people and judges kept in it, and what was allowed of it."""
    for table in OF_EXPERIMENTS:
        connection.execute(delete(table).where(table.c.experiment_id == number))
    retire_number(connection, number)
    connection.execute(delete(experiments).where(experiments.c.experiment_id == number))
    forget_resource(connection, "experiment", str(number))


def _gone_experiments(before: int) -> ColumnElement[bool]:
    """The condition for experiments that were deleted by then. Their last change was their deletion.

    Those of removed workspaces keep their numbers.
    """
    gone = (experiments.c.lifecycle_stage == "deleted") & (experiments.c.last_update_time <= before)
    return gone & (experiments.c.workspace != REMOVED)
