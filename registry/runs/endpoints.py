"""The endpoints of experiments and runs."""

from typing import Any

from registry.runs import experiment_messages as experiment
from registry.runs import messages as run
from registry.runs.experiments import ExperimentService
from registry.runs.history import MetricHistory
from registry.runs.logging import RunLog
from registry.runs.service import RunService
from registry.wire import Endpoint

__all__ = ("endpoints",)


def endpoints(experiments: ExperimentService, runs: RunService, log: RunLog, history: MetricHistory) -> list[Endpoint[Any]]:
    """Every endpoint of experiments and runs, for MLflow's table."""
    return [*_experiments(experiments, log), *_runs(runs), *_logging(log), *_history(history)]


def _experiments(service: ExperimentService, log: RunLog) -> list[Endpoint[Any]]:
    return [
        Endpoint("POST", "/2.0/mlflow/experiments/create", experiment.CreateExperiment, service.create),
        Endpoint("POST", "/2.0/mlflow/experiments/search", experiment.SearchExperiments, service.search),
        Endpoint("GET", "/2.0/mlflow/experiments/search", experiment.SearchExperiments, service.search),
        Endpoint("GET", "/2.0/mlflow/experiments/get", experiment.GetExperiment, service.get),
        Endpoint("GET", "/2.0/mlflow/experiments/get-by-name", experiment.GetExperimentByName, service.get_by_name),
        Endpoint("POST", "/2.0/mlflow/experiments/update", experiment.UpdateExperiment, service.update),
        Endpoint("POST", "/2.0/mlflow/experiments/delete", experiment.DeleteExperiment, service.delete),
        Endpoint("POST", "/2.0/mlflow/experiments/restore", experiment.RestoreExperiment, service.restore),
        Endpoint("POST", "/2.0/mlflow/experiments/set-experiment-tag", experiment.SetExperimentTag, service.set_tag),
        Endpoint("POST", "/2.0/mlflow/experiments/delete-experiment-tag", experiment.DeleteExperimentTag, service.delete_tag),
        Endpoint("POST", "/2.0/mlflow/experiments/search-datasets", run.SearchDatasets, log.datasets),
    ]


def _runs(service: RunService) -> list[Endpoint[Any]]:
    return [
        Endpoint("POST", "/2.0/mlflow/runs/create", run.CreateRun, service.create),
        Endpoint("GET", "/2.0/mlflow/runs/get", run.GetRun, service.get),
        Endpoint("POST", "/2.0/mlflow/runs/update", run.UpdateRun, service.update),
        Endpoint("POST", "/2.0/mlflow/runs/delete", run.DeleteRun, service.delete),
        Endpoint("POST", "/2.0/mlflow/runs/restore", run.RestoreRun, service.restore),
        Endpoint("POST", "/2.0/mlflow/runs/search", run.SearchRuns, service.search),
        Endpoint("POST", "/2.0/mlflow/runs/set-tag", run.SetTag, service.set_tag),
        Endpoint("POST", "/2.0/mlflow/runs/delete-tag", run.DeleteTag, service.delete_tag),
    ]


def _logging(log: RunLog) -> list[Endpoint[Any]]:
    return [
        Endpoint("POST", "/2.0/mlflow/runs/log-metric", run.LogMetric, log.metric),
        Endpoint("POST", "/2.0/mlflow/runs/log-parameter", run.LogParam, log.param),
        Endpoint("POST", "/2.0/mlflow/runs/log-batch", run.LogBatch, log.batch),
        Endpoint("POST", "/2.0/mlflow/runs/log-model", run.LogModel, log.model),
        Endpoint("POST", "/2.0/mlflow/runs/log-inputs", run.LogInputs, log.inputs),
        Endpoint("POST", "/2.0/mlflow/runs/outputs", run.LogOutputs, log.outputs),
    ]


def _history(history: MetricHistory) -> list[Endpoint[Any]]:
    return [
        Endpoint("GET", "/2.0/mlflow/metrics/get-history", run.GetMetricHistory, history.get),
        Endpoint("GET", "/2.0/mlflow/metrics/get-history-bulk", run.GetMetricHistoryBulk, history.get_bulk),
        Endpoint("GET", "/2.0/mlflow/metrics/get-history-bulk-interval", run.GetMetricHistoryBulkInterval, history.get_bulk_interval),
    ]
