"""``GET /api/v1/lineage``. Decode, call, encode."""

from typing import Annotated, Any, Final, Protocol, cast

from litestar import Request, Router, get
from litestar.params import FromQuery, QueryParameter

from registry.errors import InvalidParameterValue
from registry.lineage.types import Direction, Graph, Ref
from registry.refusals import refusals

__all__ = ("router",)

AnyRequest = Request[Any, Any, Any]
Of = Annotated[str, QueryParameter(description="KIND:ID, for instance model_version:ranker/3")]
HINT: Final = "See docs/lineage.md, or /api/v1/openapi.json."
DIRECTIONS: Final = ("up", "down", "both")


class Lineage(Protocol):
    """``registry.lineage.service.LineageService``, or whatever lets pass what a caller may see of it."""

    async def graph(self, of: Ref, direction: Direction = "both", *, depth: int = 6, limit: int = 300) -> Graph:
        """What something came from, and what came of it."""
        ...


def router(service: Lineage) -> Router:
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
