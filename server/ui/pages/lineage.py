"""Lineage as a piece of other pages: fetched when it comes into view, as it asks two databases."""

from typing import Any, Final

from litestar import Request, Response, get

from registry.lineage.types import Ref
from server.ui.pages.page import Services, fragment

__all__ = ("lineage",)

SHOWN: Final = 60
"""Nodes; the command line and the API show more."""


@get("/ui/lineage")
async def lineage(request: Request[Any, Any, Any], services: Services) -> Response[str]:
    """What ``of`` came from and what came of it."""
    of = Ref.parse(request.query_params.get("of", ""))
    return fragment("lineage.html", graph=await services.registry.lineage.graph(of, limit=SHOWN))
