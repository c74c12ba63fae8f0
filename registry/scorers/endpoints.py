"""The endpoints of scorers."""

from functools import partial
from typing import Any

from registry.scorers import messages as wire
from registry.scorers.serialized import Known
from registry.scorers.service import ScorerService
from registry.wire import Endpoint

__all__ = ("endpoints",)


def endpoints(service: ScorerService, known: Known) -> list[Endpoint[Any]]:
    """Every endpoint of scorers, for MLflow's table. ``known`` models are those that the gateway answers."""
    return [
        Endpoint("POST", "/3.0/mlflow/scorers/register", wire.RegisterScorer, partial(service.register, known=known)),
        Endpoint("GET", "/3.0/mlflow/scorers/list", wire.ListScorers, service.list),
        Endpoint("GET", "/3.0/mlflow/scorers/versions", wire.ListScorerVersions, service.versions),
        Endpoint("GET", "/3.0/mlflow/scorers/get", wire.GetScorer, service.get),
        Endpoint("DELETE", "/3.0/mlflow/scorers/delete", wire.DeleteScorer, service.delete),
        Endpoint("PUT", "/3.0/mlflow/scorers/online-config", wire.UpsertOnlineScoringConfig, service.configure),
        Endpoint("GET", "/3.0/mlflow/scorers/online-configs", wire.GetOnlineScoringConfigs, service.configurations),
    ]
