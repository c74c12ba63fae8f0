"""The lists that ``mlflow.deployments`` reads: endpoints, and routes as the first versions of MLflow's gateway called them."""

from typing import Any, Final

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromPath

from gateway.endpoints import Endpoint
from gateway.service import Gateway

__all__ = ("router",)

LIMITS: Final = "/api/2.0/endpoints/limits"


def router(gateway: Gateway) -> Router:
    """The paths of these lists. All names are on one page."""

    @get("/api/2.0/endpoints", sync_to_thread=False)
    def endpoints() -> dict[str, Any]:
        return {"endpoints": [_endpoint(each) for each in gateway.endpoints()], "next_page_token": None}

    @get(["/api/2.0/endpoints/{name:str}", "/api/3.0/gateway/endpoint/{name:str}"], sync_to_thread=False)
    def endpoint(name: FromPath[str]) -> Response[Any]:
        found = _found(gateway, name)
        return _absent("endpoint", name) if found is None else _json(_endpoint(found))

    @get("/api/2.0/gateway/routes", sync_to_thread=False)
    def routes() -> dict[str, Any]:
        return {"routes": [_route(each) for each in gateway.endpoints()], "next_page_token": None}

    @get(["/api/2.0/gateway/routes/{name:str}", "/api/3.0/gateway/route/{name:str}"], sync_to_thread=False)
    def route(name: FromPath[str]) -> Response[Any]:
        found = _found(gateway, name)
        return _absent("route", name) if found is None else _json(_route(found))

    @get([f"{LIMITS}/{{name:str}}", "/api/2.0/gateway/limits/{name:str}"], sync_to_thread=False)
    def limit(name: FromPath[str]) -> Response[Any]:
        return _limits_elsewhere()

    @post([LIMITS, "/api/2.0/gateway/limits"], sync_to_thread=False)
    def set_limit() -> Response[Any]:
        return _limits_elsewhere()

    return Router("/", route_handlers=[endpoints, endpoint, routes, route, limit, set_limit], include_in_schema=False)


def _found(gateway: Gateway, name: str) -> Endpoint | None:
    return next((each for each in gateway.endpoints() if each.name == name), None)


def _endpoint(found: Endpoint) -> dict[str, Any]:
    model = {"name": found.model, "provider": found.provider}
    url = f"/endpoints/{found.name}/invocations"
    return {"name": found.name, "endpoint_type": found.task, "model": model, "endpoint_url": url, "limit": None}


def _route(found: Endpoint) -> dict[str, Any]:
    model = {"name": found.model, "provider": found.provider}
    url = f"/gateway/{found.name}/invocations"
    return {"name": found.name, "route_type": found.task, "model": model, "route_url": url, "limit": None}


def _absent(kind: str, name: str) -> Response[Any]:
    message = f"The {kind} {name!r} does not exist; GET /api/2.0/endpoints lists those that do."
    return _json({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": message, "detail": message}, 404)


def _limits_elsewhere() -> Response[Any]:
    message = "Limits are set in the configuration (limits:) and on keys (tidegate keys), not here."
    return _json({"error_code": "NOT_IMPLEMENTED", "message": message, "detail": message}, 501)


def _json(value: object, status: int = 200) -> Response[Any]:
    return Response(msgspec.json.encode(value), status_code=status, media_type="application/json")
