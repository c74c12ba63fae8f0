"""The endpoints of logged models. Their artifacts are listed where artifacts are."""

from typing import Any

from registry.logged_models import messages as model
from registry.logged_models.service import LoggedModelService
from registry.wire import Endpoint

__all__ = ("endpoints",)

ONE = "/2.0/mlflow/logged-models/{model_id}"


def endpoints(service: LoggedModelService) -> list[Endpoint[Any]]:
    """Every endpoint of logged models, for MLflow's table."""
    return [
        Endpoint("POST", "/2.0/mlflow/logged-models", model.CreateLoggedModel, service.create),
        Endpoint("POST", "/2.0/mlflow/logged-models/search", model.SearchLoggedModels, service.search),
        Endpoint("GET", ONE, model.GetLoggedModel, service.get),
        Endpoint("PATCH", ONE, model.FinalizeLoggedModel, service.finalize),
        Endpoint("DELETE", ONE, model.DeleteLoggedModel, service.delete),
        Endpoint("PATCH", f"{ONE}/tags", model.SetLoggedModelTags, service.set_tags),
        Endpoint("DELETE", f"{ONE}/tags/{{tag_key:path}}", model.DeleteLoggedModelTag, service.delete_tag),
        Endpoint("POST", f"{ONE}/params", model.LogLoggedModelParamsRequest, service.log_params),
    ]
