"""The answer cache over HTTP. Errors have the body ``{"error": {"code", "message", "hint"}}``."""

from typing import Any

from litestar import Request, Response, Router, delete
from litestar.params import FromQuery

from gateway.cache.errors import CacheFailure
from gateway.cache.service import CacheService
from gateway.cache.types import Cleared

__all__ = ("router",)


def router(service: CacheService) -> Router:
    """The routes under ``/api/v1/cache``."""

    @delete("/", status_code=200)
    async def clear(route: FromQuery[str] = "") -> Cleared:
        """Forget the kept answers of one ``route``, or of all."""
        return Cleared(await service.clear(route))

    return Router("/api/v1/cache", route_handlers=[clear], exception_handlers={CacheFailure: _failure}, tags=["cache"])


def _failure(_: Request[Any, Any, Any], error: CacheFailure) -> Response[Any]:
    body = {"error": {"code": error.code, "message": error.message, "hint": error.hint}}
    return Response(body, status_code=error.status, media_type="application/json")
