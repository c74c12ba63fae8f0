"""``/datasets``: evaluation datasets, and the examples in one of them."""

from datetime import UTC, datetime
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from server.ui.pages.page import Services, base_url, page

__all__ = ("dataset", "datasets")


@get("/datasets")
async def datasets(request: Request[Any, Any, Any], services: Services) -> Response[str]:
    """The list."""
    found, following = await services.datasets.list(request.query_params.get("page", ""))
    return page(
        services,
        "datasets.html",
        title="Datasets",
        section="datasets",
        found=found,
        following=following,
        base_url=base_url(request, services.settings()),
        now=datetime.now(UTC),
    )


@get("/datasets/{dataset_id:str}")
async def dataset(dataset_id: FromPath[str], request: Request[Any, Any, Any], services: Services) -> Response[str]:
    """One dataset."""
    shown = await services.datasets.show(dataset_id, request.query_params.get("page", ""))
    return page(services, "dataset.html", title=shown.dataset.name, section="datasets", shown=shown, now=datetime.now(UTC))
