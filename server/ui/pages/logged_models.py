"""``/logged-models/ID``: a logged model, whole."""

from datetime import UTC, datetime
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from registry.artifacts.messages import FileInfo, ListLoggedModelArtifacts
from registry.errors import RegistryError
from registry.logged_models.messages import GetLoggedModel
from server.ui.pages.page import Services, page
from storage.errors import Unavailable

__all__ = ("logged_model", "logged_model_of_experiment")

AnyRequest = Request[Any, Any, Any]


@get("/logged-models/{model_id:str}")
async def logged_model(model_id: FromPath[str], request: AnyRequest, services: Services) -> Response[str]:
    """A logged model."""
    return await _page(model_id, request, services)


@get("/experiments/{experiment_id:str}/models/{model_id:str}")
async def logged_model_of_experiment(
    experiment_id: FromPath[str], model_id: FromPath[str], request: AnyRequest, services: Services
) -> Response[str]:
    """The same, at MLflow's address."""
    return await _page(model_id, request, services)


async def _page(model_id: str, request: AnyRequest, services: Services) -> Response[str]:
    found = (await services.registry.logged_models.get(GetLoggedModel(model_id=model_id, allow_deleted=True))).model
    folder = request.query_params.get("path", "")
    files, away = await _files(services, model_id, folder)
    return page(
        services,
        "logged_model.html",
        title=found.info.name or model_id,
        section="experiments",
        model=found,
        tags=sorted((tag.key, tag.value or "") for tag in found.info.tags if not tag.key.startswith("mlflow.")),
        files=files,
        away=away,
        folder=folder,
        now=datetime.now(UTC),
    )


async def _files(services: Services, model_id: str, folder: str) -> tuple[list[FileInfo], str]:
    """A folder of the model's artifacts, and why it cannot be shown, if it cannot: the rest of the page can."""
    asked = ListLoggedModelArtifacts(model_id=model_id, artifact_directory_path=folder)
    try:
        return (await services.registry.artifacts.list_logged_model(asked)).files, ""
    except RegistryError as error:
        return [], error.message
    except Unavailable:
        return [], "The store of artifacts does not answer now."
