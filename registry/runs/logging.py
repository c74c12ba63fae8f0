"""Logging to runs: metrics, params, tags, inputs and outputs.

Latest values, params and tags are in the metadata database once a request is answered. The points of metrics are in the journal by then,
and on their way to the telemetry database; a request is answered after both.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from registry.errors import InvalidParameterValue
from registry.logged_models.metrics_store import put_model_metrics
from registry.runs import inputs_store, store
from registry.runs.checks import (
    check_batch,
    check_datasets,
    check_metric,
    check_run_id,
    one_of,
    param_of,
    storable_numbers,
    tag_of,
)
from registry.runs.messages import (
    LogBatch,
    LogInputs,
    LogMetric,
    LogModel,
    LogOutputs,
    LogParam,
    Metric,
    Param,
    SearchDatasets,
)
from registry.runs.metrics import latest_rows, points_of
from registry.runs.points import PointLog
from registry.runs.reading import active_run
from registry.runs.service import put_tags
from registry.runs.types import Metadata

__all__ = ("RunLog",)

MODEL_HISTORY: Final = "mlflow.log-model.history"
MODEL_FIELDS: Final = ("artifact_path", "flavors", "run_id", "utc_time_created")
MAX_EXPERIMENTS: Final = 20


class RunLog:
    """What is added to a run while it runs. Methods raise the tree of ``registry.errors``; nothing is stored of a request that fails."""

    def __init__(self, metadata: Metadata, points: PointLog) -> None:
        self._metadata = metadata
        self._points = points

    async def metric(self, request: LogMetric) -> None:
        """Add a point to a metric, and to that of a logged model when one is named."""
        metric = Metric(
            key=request.key,
            value=request.value,
            timestamp=request.timestamp,
            step=request.step,
            model_id=request.model_id,
            dataset_name=request.dataset_name,
            dataset_digest=request.dataset_digest,
        )
        check_metric(metric)
        await self._write(request.run_id, [metric])

    async def param(self, request: LogParam) -> None:
        """Note a param. The same value again is no error."""
        key, value = param_of(Param(key=request.key, value=request.value))

        def write(connection: Connection) -> None:
            active_run(connection, request.run_id)
            _put_params(connection, request.run_id, {key: value}, _changed_one)

        await self._metadata.share(write)

    async def batch(self, request: LogBatch) -> None:
        """Metrics, params and tags: all of them, or none."""
        check_run_id(request.run_id)
        for index, metric in enumerate(request.metrics):
            check_metric(metric, f"metrics[{index}]")
        params = dict(param_of(param, f"params[{index}]") for index, param in enumerate(request.params))
        tags = dict(tag_of(tag, f"tags[{index}]") for index, tag in enumerate(request.tags))
        check_batch(request.metrics, request.params, request.tags)
        await self._write(request.run_id, request.metrics, params, tags)

    async def model(self, request: LogModel) -> None:
        """Append a model to the tag that lists them."""
        model = _model_facts(request.model_json)

        def write(connection: Connection) -> None:
            active_run(connection, request.run_id)
            known = store.read_tag(connection, request.run_id, MODEL_HISTORY)
            listed = [*(msgspec.json.decode(known, type=list[Any]) if known else []), model]
            # Longer than other tags may be: cut off, it would be no list any more.
            store.put_tags(connection, request.run_id, {MODEL_HISTORY: msgspec.json.encode(listed).decode()})

        await self._metadata.share(write)

    async def inputs(self, request: LogInputs) -> None:
        """Note the datasets and models that a run reads; of two datasets with one name and digest the first counts."""
        check_run_id(request.run_id)
        check_datasets(request.datasets)
        datasets = {(each.dataset.name, each.dataset.digest): each for each in reversed(request.datasets)}

        def write(connection: Connection) -> None:
            run = active_run(connection, request.run_id)
            if datasets:
                inputs_store.put_datasets(connection, run.experiment_id, request.run_id, datasets)
            inputs_store.put_model_inputs(connection, request.run_id, request.models)

        await self._metadata.share(write)

    async def outputs(self, request: LogOutputs) -> None:
        """Note the models that a run made."""

        def write(connection: Connection) -> None:
            active_run(connection, request.run_id)
            inputs_store.put_model_outputs(connection, request.run_id, request.models)

        await self._metadata.share(write)

    async def datasets(self, request: SearchDatasets) -> SearchDatasets.Response:
        """The datasets that runs of some experiments read."""
        if not request.experiment_ids:
            raise InvalidParameterValue("SearchDatasets request must specify at least one experiment_id.")
        if (count := len(request.experiment_ids)) > MAX_EXPERIMENTS:
            raise InvalidParameterValue(
                f"SearchDatasets request cannot specify more than {MAX_EXPERIMENTS} experiment_ids. Received {count} experiment_ids."
            )
        numbers = storable_numbers(request.experiment_ids)
        found = await self._metadata.read(lambda connection: inputs_store.summaries(connection, numbers))
        return SearchDatasets.Response(dataset_summaries=found)

    async def _write(
        self,
        run_id: str,
        metrics: Sequence[Metric],
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        points = points_of(metrics)
        latest = latest_rows(run_id, points)
        of_models = [metric for metric in metrics if metric.model_id]

        def write(connection: Connection) -> None:
            active_run(connection, run_id)
            if params:
                _put_params(connection, run_id, params, _changed_some)
            store.put_latest(connection, latest)
            if of_models:
                put_model_metrics(connection, run_id, of_models)
            if tags:
                put_tags(connection, run_id, tags)

        await self._metadata.share(write)
        # After the commit, so that no point is kept of a run that refused it; a client that is told to repeat adds nothing twice.
        self._points.append(run_id, points)


def _put_params(
    connection: Connection, run_id: str, params: Mapping[str, str], refuse: Callable[[str, Mapping[str, str], Mapping[str, str]], str]
) -> None:
    """Insert and look again, in this order: so two writers of one param cannot both believe that they were first."""
    store.put_params(connection, run_id, params)
    stored = store.params_of(connection, run_id, params)
    if stored != params:
        raise InvalidParameterValue(refuse(run_id, stored, params))


def _changed_one(run_id: str, stored: Mapping[str, str], given: Mapping[str, str]) -> str:
    ((key, value),) = given.items()
    return (
        f"Changing param values is not allowed. Param with key='{key}' was already logged with value='{stored[key]}' "
        f"for run ID='{run_id}'. Attempted logging new value '{value}'."
    )


def _changed_some(run_id: str, stored: Mapping[str, str], given: Mapping[str, str]) -> str:
    changed = [{"key": key, "old_value": stored[key], "new_value": value} for key, value in given.items() if stored[key] != value]
    return f"Changing param values is not allowed. Params were already logged='{changed}' for run ID='{run_id}'."


def _model_facts(text: str) -> dict[str, Any]:
    """What the tag keeps of a model's description. Raises ``InvalidParameterValue``."""
    try:
        model = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.MsgspecError:
        raise InvalidParameterValue(f"Malformed model info. \n {text} \n is not a valid JSON.") from None
    if missing := [name for name in MODEL_FIELDS if name not in model]:
        raise InvalidParameterValue(f"Model json is missing mandatory fields: {one_of(missing)}")
    kept: dict[str, Any] = {name: model[name] for name in ("run_id", "utc_time_created", "artifact_path", "model_uuid") if name in model}
    flavors = model["flavors"] if isinstance(model["flavors"], dict) else {}
    return {**kept, "flavors": {name: _without_config(flavor) for name, flavor in flavors.items()}}


def _without_config(flavor: Any) -> Any:
    return {key: value for key, value in flavor.items() if key != "config"} if isinstance(flavor, dict) else flavor
