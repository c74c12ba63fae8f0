"""Imported rows in the metadata database: each function is one step of a transaction. What is there already stays as it is."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, Table, func, select, update

from registry.imports.types import Experiment, LoggedModel, RegisteredModel, Run, Version
from registry.prompts.texts import PromptText
from registry.runs import store as run_store
from registry.runs.numbers_store import advance, next_number, number_is_free
from storage.model_tables import (
    model_version_tags,
    model_versions,
    prompt_texts,
    registered_model_aliases,
    registered_model_tags,
    registered_models,
)
from storage.run_tables import (
    experiment_tags,
    experiments,
    latest_metrics,
    logged_model_metrics,
    logged_model_params,
    logged_model_tags,
    logged_models,
    run_inputs,
    run_model_inputs,
    run_model_outputs,
    run_params,
    run_tags,
    runs,
)
from storage.upserts import Upsert

__all__ = ("count", "experiment_named", "kind_of", "put_experiment", "put_logged_model", "put_registered_model", "put_run", "put_version")

_put: Final = {
    table.name: Upsert(table)
    for table in (
        experiment_tags, runs, run_params, run_tags, run_model_inputs, run_model_outputs, logged_models, logged_model_params,
        logged_model_tags, logged_model_metrics, registered_models, registered_model_tags, registered_model_aliases, model_versions,
        model_version_tags, prompt_texts,
    )
}  # fmt: skip
CHUNK: Final = 5000


def experiment_named(connection: Connection, workspace: str, name: str) -> int | None:
    """The number of an experiment of a workspace, hidden or not."""
    found: int | None = connection.scalar(
        select(experiments.c.experiment_id).where(experiments.c.workspace == workspace, experiments.c.name == name)
    )
    return found


def put_experiment(connection: Connection, experiment: Experiment, location: str | None) -> int:
    """Store an experiment under its own number if that is free, else under the next one; its number here.

    Without a ``location`` its artifacts go where the number says.
    """
    number = _free_number(connection, experiment.experiment_id)
    row: dict[str, Any] = {
        "workspace": experiment.workspace,
        "name": experiment.name,
        "artifact_location": location or "",
        "lifecycle_stage": experiment.lifecycle_stage,
        "creation_time": experiment.creation_time,
        "last_update_time": experiment.last_update_time,
    }
    inserted = connection.execute(
        experiments.insert(), {**row, "experiment_id": number} if number is not None else row | next_number(connection)
    ).inserted_primary_key
    if number is not None:
        advance(connection)
    else:
        number = int(inserted[0]) if inserted is not None else 0
    if location is None:
        here = update(experiments).where(experiments.c.experiment_id == number)
        connection.execute(here.values(artifact_location=f"mlflow-artifacts:/{number}"))
    return number


def put_experiment_tags(connection: Connection, number: int, tags: Mapping[str, str]) -> None:
    """Add tags that are not there."""
    _pairs(connection, experiment_tags, {"experiment_id": number}, tags)


def put_run(connection: Connection, run: Run) -> None:
    """Store a run with its params, tags and latest metrics."""
    named = {"run_id": run.run_id}
    fields = ("user_id", "status", "start_time", "end_time", "deleted_time", "artifact_uri", "lifecycle_stage")
    row = {**named, "name": run.name, "experiment_id": int(run.experiment_id), **{name: getattr(run, name) for name in fields}}
    _put["runs"].run(connection, [row])
    _pairs(connection, run_params, named, run.params)
    _pairs(connection, run_tags, named, run.tags)
    latest = [
        {**named, "key": each.key, "value": each.value, "is_nan": each.is_nan, "timestamp": each.timestamp, "step": each.step}
        for each in run.metrics
    ]
    run_store.put_latest(connection, latest)
    _put["run_model_inputs"].run(connection, [{**named, "model_id": model_id} for model_id in run.model_inputs])
    _put["run_model_outputs"].run(connection, [{**named, "model_id": model_id, "step": step} for model_id, step in run.model_outputs])


def put_logged_model(connection: Connection, model: LoggedModel) -> None:
    """Store a logged model with its params, tags and metrics."""
    named = {"model_id": model.model_id}
    row = {name: getattr(model, name) for name in model.__struct_fields__ if name not in {"params", "tags", "metrics"}}
    _put["logged_models"].run(connection, [{**row, "experiment_id": int(model.experiment_id)}])
    _pairs(connection, logged_model_params, named, model.params)
    _pairs(connection, logged_model_tags, named, model.tags)
    metrics = [{**named, **{name: getattr(each, name) for name in each.__struct_fields__}} for each in model.metrics]
    _put["logged_model_metrics"].run(connection, metrics)


def kind_of(connection: Connection, name: str) -> str | None:
    """Whether a name is a model's or a prompt's; ``None`` for a free one."""
    found: str | None = connection.scalar(select(registered_models.c.kind).where(registered_models.c.name == name))
    return found


def put_registered_model(connection: Connection, model: RegisteredModel, kind: str, tags: Mapping[str, str]) -> None:
    """Store a name and its tags. Numbers go on after the highest that was ever given."""
    named = {"name": model.kept_name}
    row = {"kind": kind, "description": model.description, "created_at": _moment(model.created_at), "updated_at": _moment(model.updated_at)}
    _put["registered_models"].run(connection, [{**named, **row}])
    highest = max((each.version for each in model.versions), default=0)
    behind = (registered_models.c.name == model.kept_name, registered_models.c.last_version < highest)
    connection.execute(update(registered_models).where(*behind).values(last_version=highest))
    _pairs(connection, registered_model_tags, named, tags)


def put_version(
    connection: Connection, name: str, version: Version, model_id: str, tags: Mapping[str, str], words: PromptText | None
) -> None:
    """Store a version with its tags and, of a prompt, its text."""
    named = {"name": name, "version": version.version}
    fields = ("stage", "description", "source", "storage_location", "run_id", "run_link", "created_by")
    times = {"created_at": _moment(version.created_at), "updated_at": _moment(version.updated_at)}
    row = {**named, "model_id": model_id, **{field: getattr(version, field) for field in fields}, **times}
    _put["model_versions"].run(connection, [row])
    _pairs(connection, model_version_tags, named, tags)
    if words is not None:
        facts = {"kind": words.kind, "template": words.template, "variables": words.variables, "config": words.config}
        _put["prompt_texts"].run(connection, [{**named, **facts}])


def put_aliases(connection: Connection, model: RegisteredModel) -> None:
    """Add aliases that are not there."""
    at = _moment(model.updated_at)
    rows = [{"name": model.kept_name, "alias": alias, "version": version, "updated_at": at} for alias, version in model.aliases.items()]
    _put["registered_model_aliases"].run(connection, rows)


def count(connection: Connection, run_ids: Sequence[str], model_ids: Sequence[str], names: Sequence[str]) -> dict[str, int]:
    """How many rows belong to the named things."""
    of_runs = {"runs": runs, "params": run_params, "tags": run_tags, "metrics": latest_metrics, "inputs": run_inputs}
    found = {kind: _count(connection, table, "run_id", run_ids) for kind, table in of_runs.items()}
    found["logged_models"] = _count(connection, logged_models, "model_id", model_ids)
    of_names = {"registered_models": registered_models, "versions": model_versions, "aliases": registered_model_aliases}
    return {**found, **{kind: _count(connection, table, "name", names) for kind, table in of_names.items()}}


def _count(connection: Connection, table: Table, column: str, values: Sequence[str]) -> int:
    counted: Select[Any] = select(func.count()).select_from(table)
    parts = (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))
    return sum(connection.execute(counted.where(table.c[column].in_(part))).scalar_one() for part in parts)


def _pairs(connection: Connection, table: Table, named: Mapping[str, Any], pairs: Mapping[str, str]) -> None:
    _put[table.name].run(connection, [{**named, "key": key, "value": value} for key, value in pairs.items()])


def _free_number(connection: Connection, experiment_id: str) -> int | None:
    if not experiment_id.isdigit() or int(experiment_id) >= 2**31:
        return None
    number = int(experiment_id)
    return number if number_is_free(connection, number) else None


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
