"""What runs read and made, in the metadata database: each function is one step of a transaction."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection, select

from registry.runs.messages import Dataset, DatasetInput, DatasetSummary, InputTag, ModelInput, ModelOutput
from registry.runs.store import ByRun
from storage.run_tables import datasets, run_input_tags, run_inputs, run_model_inputs, run_model_outputs
from storage.upserts import Upsert

__all__ = (
    "put_datasets",
    "put_model_inputs",
    "put_model_outputs",
    "read_datasets",
    "read_model_inputs",
    "read_model_outputs",
    "summaries",
)

CONTEXT: Final = "mlflow.data.context"
MAX_SUMMARIES: Final = 1000

_inputs: Final = Upsert(run_inputs)
_input_tags: Final = Upsert(run_input_tags)
_model_inputs: Final = Upsert(run_model_inputs)
_model_outputs: Final = Upsert(run_model_outputs)

_FACTS: Final = ("name", "digest", "source_type", "source", "schema", "profile")


def put_datasets(connection: Connection, experiment_id: int, run_id: str, inputs: Mapping[tuple[str, str], DatasetInput]) -> None:
    """Note datasets that a run read, by name and digest. A dataset and an input that are there already stay as they are."""
    known = _known(connection, experiment_id, inputs)
    new = [_dataset_row(experiment_id, each.dataset) for key, each in inputs.items() if key not in known]
    if new:
        connection.execute(datasets.insert(), new)
    ids = {**known, **{(row["name"], row["digest"]): row["dataset_id"] for row in new}}
    old = set(connection.scalars(select(run_inputs.c.dataset_id).where(run_inputs.c.run_id == run_id)))
    fresh = {ids[key]: each for key, each in inputs.items() if ids[key] not in old}
    _inputs.run(connection, [{"run_id": run_id, "dataset_id": dataset_id} for dataset_id in fresh])
    tags = {(dataset_id, tag.key): tag.value for dataset_id, each in fresh.items() for tag in each.tags}
    _input_tags.run(
        connection, [{"run_id": run_id, "dataset_id": dataset_id, "key": key, "value": value} for (dataset_id, key), value in tags.items()]
    )


def _known(connection: Connection, experiment_id: int, keys: Mapping[tuple[str, str], Any]) -> dict[tuple[str, str], str]:
    names = [name for name, _ in keys]
    statement = select(datasets.c.name, datasets.c.digest, datasets.c.dataset_id)
    found = connection.execute(statement.where(datasets.c.experiment_id == experiment_id, datasets.c.name.in_(names)))
    return {(name, digest): dataset_id for name, digest, dataset_id in found}


def _dataset_row(experiment_id: int, dataset: Dataset) -> dict[str, Any]:
    facts = {name: getattr(dataset, name) for name in _FACTS}
    return {"dataset_id": uuid4().hex, "experiment_id": experiment_id, **facts}


def put_model_inputs(connection: Connection, run_id: str, models: Sequence[ModelInput]) -> None:
    """Note logged models that a run read."""
    _model_inputs.run(
        connection, [{"run_id": run_id, "model_id": model_id} for model_id in dict.fromkeys(each.model_id for each in models)]
    )


def put_model_outputs(connection: Connection, run_id: str, models: Sequence[ModelOutput]) -> None:
    """Note logged models that a run made; the same one at the same step is one."""
    made = dict.fromkeys((each.model_id, each.step) for each in models)
    _model_outputs.run(connection, [{"run_id": run_id, "model_id": model_id, "step": step} for model_id, step in made])


_DATASETS_OF: Final = ByRun(
    (
        select(run_inputs.c.run_id, run_inputs.c.dataset_id, *[datasets.c[name] for name in _FACTS])
        .join(datasets, datasets.c.dataset_id == run_inputs.c.dataset_id)
        .order_by(run_inputs.c.run_id, datasets.c.name, datasets.c.digest),
        run_inputs.c.run_id,
    )
)
_INPUT_TAGS_OF: Final = ByRun(
    (select(run_input_tags).order_by(run_input_tags.c.run_id, run_input_tags.c.key), run_input_tags.c.run_id),
)
_MODEL_INPUTS_OF: Final = ByRun(
    (select(run_model_inputs).order_by(run_model_inputs.c.run_id, run_model_inputs.c.model_id), run_model_inputs.c.run_id),
)
_MODEL_OUTPUTS_OF: Final = ByRun(
    (
        select(run_model_outputs).order_by(run_model_outputs.c.run_id, run_model_outputs.c.step, run_model_outputs.c.model_id),
        run_model_outputs.c.run_id,
    ),
)


def read_datasets(connection: Connection, run_ids: Sequence[str]) -> dict[str, list[DatasetInput]]:
    """The datasets that each run read; runs that read none are absent."""
    rows = list(_DATASETS_OF.rows(connection, run_ids))
    tags: dict[tuple[str, str], list[InputTag]] = {}
    if rows:
        for run_id, dataset_id, key, value in _INPUT_TAGS_OF.rows(connection, run_ids):
            tags.setdefault((run_id, dataset_id), []).append(InputTag(key=key, value=value))
    found: dict[str, list[DatasetInput]] = {}
    for run_id, dataset_id, *facts in rows:
        dataset = Dataset(**dict(zip(_FACTS, facts, strict=True)))
        found.setdefault(run_id, []).append(DatasetInput(dataset=dataset, tags=tags.get((run_id, dataset_id), [])))
    return found


def read_model_inputs(connection: Connection, run_ids: Sequence[str]) -> dict[str, list[ModelInput]]:
    """The logged models that each run read; runs that read none are absent."""
    found: dict[str, list[ModelInput]] = {}
    for run_id, model_id in _MODEL_INPUTS_OF.rows(connection, run_ids):
        found.setdefault(run_id, []).append(ModelInput(model_id=model_id))
    return found


def read_model_outputs(connection: Connection, run_ids: Sequence[str]) -> dict[str, list[ModelOutput]]:
    """The logged models that each run made; runs that made none are absent."""
    found: dict[str, list[ModelOutput]] = {}
    for run_id, model_id, step in _MODEL_OUTPUTS_OF.rows(connection, run_ids):
        found.setdefault(run_id, []).append(ModelOutput(model_id=model_id, step=step))
    return found


def summaries(connection: Connection, experiment_ids: Sequence[int]) -> list[DatasetSummary]:
    """The datasets that runs of some experiments read, once for each context."""
    context = run_input_tags.alias("context")
    same_input = (context.c.run_id == run_inputs.c.run_id) & (context.c.dataset_id == run_inputs.c.dataset_id)
    statement = (
        select(datasets.c.experiment_id, datasets.c.name, datasets.c.digest, context.c.value)
        .distinct()
        .join(run_inputs, run_inputs.c.dataset_id == datasets.c.dataset_id)
        .outerjoin(context, same_input & (context.c.key == CONTEXT))
        .where(datasets.c.experiment_id.in_(experiment_ids))
        .order_by(datasets.c.experiment_id, datasets.c.name, datasets.c.digest, context.c.value)
        .limit(MAX_SUMMARIES)
    )
    return [
        DatasetSummary(experiment_id=str(experiment_id), name=name, digest=digest, context=value)
        for experiment_id, name, digest, value in connection.execute(statement)
    ]
