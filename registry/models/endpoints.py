"""The endpoints of registered models and their versions."""

from typing import Any

from registry.models import messages as model
from registry.models import version_messages as version
from registry.models.alias_service import AliasService
from registry.models.model_service import RegisteredModelService
from registry.models.version_service import ModelVersionService
from registry.wire import Endpoint

__all__ = ("endpoints",)

MODELS = "/2.0/mlflow/registered-models"
VERSIONS = "/2.0/mlflow/model-versions"


def endpoints(models: RegisteredModelService, versions: ModelVersionService, aliases: AliasService) -> list[Endpoint[Any]]:
    """Every endpoint of registered models and their versions, for MLflow's table."""
    return [
        Endpoint("POST", f"{MODELS}/create", model.CreateRegisteredModel, models.create),
        Endpoint("POST", f"{MODELS}/rename", model.RenameRegisteredModel, models.rename),
        Endpoint("PATCH", f"{MODELS}/update", model.UpdateRegisteredModel, models.update),
        Endpoint("DELETE", f"{MODELS}/delete", model.DeleteRegisteredModel, models.delete),
        Endpoint("GET", f"{MODELS}/get", model.GetRegisteredModel, models.get),
        Endpoint("GET", f"{MODELS}/search", model.SearchRegisteredModels, models.search),
        # Clients ask with POST, and with GET where that is not answered.
        Endpoint("POST", f"{MODELS}/get-latest-versions", model.GetLatestVersions, models.latest_versions),
        Endpoint("GET", f"{MODELS}/get-latest-versions", model.GetLatestVersions, models.latest_versions),
        Endpoint("POST", f"{MODELS}/set-tag", model.SetRegisteredModelTag, models.set_tag),
        Endpoint("DELETE", f"{MODELS}/delete-tag", model.DeleteRegisteredModelTag, models.delete_tag),
        Endpoint("POST", f"{MODELS}/alias", model.SetRegisteredModelAlias, aliases.set),
        Endpoint("DELETE", f"{MODELS}/alias", model.DeleteRegisteredModelAlias, aliases.delete),
        Endpoint("GET", f"{MODELS}/alias", model.GetModelVersionByAlias, aliases.get),
        Endpoint("POST", f"{VERSIONS}/create", version.CreateModelVersion, versions.create),
        Endpoint("PATCH", f"{VERSIONS}/update", version.UpdateModelVersion, versions.update),
        Endpoint("POST", f"{VERSIONS}/transition-stage", version.TransitionModelVersionStage, aliases.transition),
        Endpoint("DELETE", f"{VERSIONS}/delete", version.DeleteModelVersion, versions.delete),
        Endpoint("GET", f"{VERSIONS}/get", version.GetModelVersion, versions.get),
        Endpoint("GET", f"{VERSIONS}/search", version.SearchModelVersions, versions.search),
        Endpoint("GET", f"{VERSIONS}/get-download-uri", version.GetModelVersionDownloadUri, versions.download_uri),
        Endpoint("POST", f"{VERSIONS}/set-tag", version.SetModelVersionTag, versions.set_tag),
        Endpoint("DELETE", f"{VERSIONS}/delete-tag", version.DeleteModelVersionTag, versions.delete_tag),
    ]
