"""The endpoints of artifacts whose bodies are JSON; those whose bodies are files are in ``routes.py``."""

from typing import Any

from registry.artifacts import messages as artifact
from registry.artifacts.service import ArtifactService
from registry.wire import Endpoint

__all__ = ("endpoints",)


def endpoints(service: ArtifactService) -> list[Endpoint[Any]]:
    """All of them."""
    return [
        Endpoint("GET", "/2.0/mlflow-artifacts/artifacts", artifact.ListStoredArtifacts, service.list_stored),
        Endpoint("GET", "/2.0/mlflow/artifacts/list", artifact.ListArtifacts, service.list_run),
        Endpoint(
            "GET",
            "/2.0/mlflow/logged-models/{model_id}/artifacts/directories",
            artifact.ListLoggedModelArtifacts,
            service.list_logged_model,
        ),
    ]
