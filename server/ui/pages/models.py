"""``/models``: registered models, their versions, and what moved."""

from datetime import UTC, datetime
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from registry.models.types import ModelVersion
from registry.search import next_token, offset_of
from server.ui.pages.listing import Found, listing
from server.ui.pages.page import Services, base_url, page

__all__ = ("model", "model_version", "models")

AnyRequest = Request[Any, Any, Any]


@get("/models")
async def models(request: AnyRequest, services: Services) -> Response[str]:
    """The list, filtered in MLflow's language."""

    async def search(typed: str, cursor: str | None) -> Found:
        found = await services.registry.models.search(typed, offset=offset_of(cursor or ""))
        return found.models, None if found.next_offset is None else next_token(found.next_offset)

    return await listing(request, services, "Models", "models", search)


@get("/models/{name:str}")
async def model(name: FromPath[str], request: AnyRequest, services: Services) -> Response[str]:
    """A model with the version that ``v`` names, or the newest."""
    return await _page(name, request.query_params.get("v", ""), request, services)


@get("/models/{name:str}/versions/{version:str}")
async def model_version(name: FromPath[str], version: FromPath[str], request: AnyRequest, services: Services) -> Response[str]:
    """The same, at the address that MLflow's client prints."""
    return await _page(name, version, request, services)


async def _page(name: str, wanted: str, request: AnyRequest, services: Services) -> Response[str]:
    found = await services.registry.models.model(name)
    versions = await services.registry.models.versions(name)
    shown = next((each for each in versions if wanted in {str(each.version), *each.aliases}), versions[0] if versions else None)
    return page(
        services,
        "model.html",
        title=name,
        section="models",
        model=found,
        versions=versions,
        shown=shown,
        moves=(await services.registry.moves.log(name, limit=50)).moves,
        snippet=_snippet(name, shown, base_url(request, services.settings())),
        now=datetime.now(UTC),
    )


def _snippet(name: str, version: ModelVersion | None, address: str) -> str:
    """Python that loads a version: by alias where one points at it, since aliases are what apps should name."""
    if version is None:
        return ""
    selector = f"@{version.aliases[0]}" if version.aliases else f"/{version.version}"
    return f'import mlflow\n\nmlflow.set_tracking_uri("{address}")\nmodel = mlflow.pyfunc.load_model("models:/{name}{selector}")'
