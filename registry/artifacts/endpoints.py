"""The endpoints of artifacts whose bodies are JSON; those whose bodies are files are in ``routes.py``."""

from typing import Any

from registry.artifacts import messages as artifact
from registry.artifacts.direct import DirectTransfers
from registry.artifacts.service import ArtifactService
from registry.wire import Endpoint

__all__ = ("endpoints",)


STORE = "/2.0/mlflow-artifacts"
URLS = "/2.0/mlflow/artifacts"


def endpoints(service: ArtifactService, direct: DirectTransfers) -> list[Endpoint[Any]]:
    """Every endpoint of artifacts that answers JSON, for MLflow's table."""
    return [*_lists(service), *_direct(direct)]


def _lists(service: ArtifactService) -> list[Endpoint[Any]]:
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


def _direct(direct: DirectTransfers) -> list[Endpoint[Any]]:
    return [
        *(
            endpoint
            for folder in ("", "/{artifact_path:path}")
            for endpoint in (
                Endpoint("POST", f"{STORE}/mpu/create{folder}", artifact.CreateMultipartUpload, direct.create),
                Endpoint("POST", f"{STORE}/mpu/complete{folder}", artifact.CompleteMultipartUpload, direct.complete),
                Endpoint("POST", f"{STORE}/mpu/abort{folder}", artifact.AbortMultipartUpload, direct.abort),
            )
        ),
        Endpoint("GET", f"{STORE}/presigned/{{artifact_path:path}}", artifact.GetPresignedDownloadUrl, direct.download),
        Endpoint("POST", f"{URLS}/presigned-upload-url", artifact.CreatePresignedUploadUrl, direct.upload_url),
        Endpoint("POST", f"{URLS}/presigned-download-url", artifact.CreatePresignedDownloadUrl, direct.download_url),
    ]
