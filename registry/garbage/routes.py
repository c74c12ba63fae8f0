"""``DELETE /api/v1/deleted``: what was deleted is removed for good. Decode, call, encode."""

from typing import Annotated, Final

from litestar import Router, delete
from litestar.params import FromQuery, QueryParameter

from registry.garbage.service import GarbageService
from registry.garbage.types import Collected
from registry.refusals import refusals
from registry.runs.types import now_ms

__all__ = ("router",)

HINT: Final = "See docs/cli.md, or /api/v1/openapi.json."
Age = Annotated[int, QueryParameter(ge=0, description="Seconds since it was deleted, at least")]


def router(service: GarbageService) -> Router:
    """The route."""

    @delete("/deleted", status_code=200)
    async def collect(older_than_seconds: Age, dry_run: FromQuery[bool] = False) -> Collected:
        """Remove a part of what was deleted that long ago, or with ``dry_run`` count all of it. ``more``: ask again."""
        before = now_ms() - older_than_seconds * 1000
        return await (service.count(before) if dry_run else service.collect(before))

    return Router("/api/v1", route_handlers=[collect], exception_handlers=refusals(HINT), tags=["administration"])
