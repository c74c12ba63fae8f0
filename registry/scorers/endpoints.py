"""The endpoints of scorers."""

from typing import Any

from registry.scorers import messages as wire
from registry.scorers.service import ScorerService
from registry.wire import Endpoint

__all__ = ("endpoints",)


def endpoints(service: ScorerService) -> list[Endpoint[Any]]:
    """Every endpoint of scorers, for MLflow's table."""
    return [
        Endpoint("POST", "/3.0/mlflow/scorers/register", wire.RegisterScorer, service.register),
        Endpoint("GET", "/3.0/mlflow/scorers/list", wire.ListScorers, service.list),
        Endpoint("GET", "/3.0/mlflow/scorers/versions", wire.ListScorerVersions, service.versions),
        Endpoint("GET", "/3.0/mlflow/scorers/get", wire.GetScorer, service.get),
        Endpoint("DELETE", "/3.0/mlflow/scorers/delete", wire.DeleteScorer, service.delete),
        Endpoint("PUT", "/3.0/mlflow/scorers/online-config", wire.UpsertOnlineScoringConfig, service.configure),
        Endpoint("GET", "/3.0/mlflow/scorers/online-configs", wire.GetOnlineScoringConfigs, service.configurations),
    ]
