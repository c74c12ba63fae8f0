"""``GET /api/v1/lineage``. Decode, call, encode."""

from typing import Annotated, Any, Final, cast

from litestar import Request, Router, get
from litestar.params import FromQuery, QueryParameter

from registry.errors import InvalidParameterValue
from registry.lineage.service import LineageService
from registry.lineage.types import Direction, Graph, Ref
from registry.refusals import refusals

__all__ = ("router",)

AnyRequest = Request[Any, Any, Any]
Of = Annotated[str, QueryParameter(description="KIND:ID, for instance model_version:ranker/3")]
HINT: Final = "See docs/lineage.md, or /api/v1/openapi.json."
DIRECTIONS: Final = ("up", "down", "both")


def router(service: LineageService) -> Router:
    """The route."""

    @get("/lineage")
    async def lineage(of: Of, direction: FromQuery[str] = "both", depth: FromQuery[int] = 6, limit: FromQuery[int] = 300) -> Graph:
        """What something came from, and what came of it."""
        if direction not in DIRECTIONS:
            raise InvalidParameterValue(f"The direction '{direction[:40]}' is none; directions are {', '.join(DIRECTIONS)}.")
        return await service.graph(Ref.parse(of), cast("Direction", direction), depth=depth, limit=limit)

    return Router(
        "/api/v1",
        route_handlers=[lineage],
        exception_handlers=refusals(HINT),
        tags=["lineage"],
    )
