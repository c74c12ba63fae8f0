"""Every route, listed. Each package makes its own router."""

from typing import Any

from litestar import Litestar, Request, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.types import ASGIApp

from evals import routes as judge_routes
from gateway.cache import routes as cache_routes
from gateway.keys import routes as key_routes
from gateway.limits import routes as limit_routes
from registry.access import routes as access_routes
from registry.access.gatekeeper import Gatekeeper
from registry.artifacts.routes import with_artifacts
from registry.garbage import routes as garbage_routes
from registry.graphql import routes as graphql_routes
from registry.imports import routes as import_routes
from registry.lineage import routes as lineage_routes
from registry.models import routes as model_routes
from registry.prompts import routes as prompt_routes
from registry.webhooks import routes as webhook_routes
from registry.wire.routes import straight, with_endpoints
from registry.workspaces.confined import Confined
from server import health
from server.acting import with_actor
from server.compression import compressed
from server.errors import EXCEPTION_HANDLERS
from server.express import express
from server.framework import Framework
from server.gateway_app import gateway_routers
from server.guard import guarded
from server.head import answering_head
from server.mlflow import mlflow_endpoints
from server.pages import page_services
from server.path_permissions import with_permissions_by_path
from server.services import Services
from server.ui import views
from server.version import VERSION
from server.visible.calls import Calls
from server.workspace_of import workspace_of
from server.workspaces import with_workspaces
from tracing import otlp_routes
from tracing import routes as trace_routes

__all__ = ("create_app", "framework")


SCHEMA_PATH = "/api/v1/schema"
"""The framework answers every path below the one of its documents, so that one must hold nothing else."""


@get("/api/v1/openapi.json", sync_to_thread=False, include_in_schema=False)
def openapi(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """The OpenAPI description of our own API."""
    return request.app.openapi_schema.to_schema()


def create_app(services: Services) -> ASGIApp:
    """The whole server as one ASGI application."""
    limit = services.settings.server.max_body_bytes
    table = mlflow_endpoints(services)
    workspaces, experiments_of = services.access.workspace_book, services.mlflow_traces.experiments_of
    gatekeeper = Gatekeeper(services.access.roles, experiments_of) if services.settings.security.users else None
    call = Confined(workspaces, experiments_of, gatekeeper or straight)
    app = framework(services, Calls(table, call))
    pages = with_workspaces(answering_head(app), workspaces)
    endpoints = with_endpoints(pages, table, limit, call, lambda scope: workspaces.entered(workspace_of(scope)))
    registry = with_artifacts(endpoints, services.files.artifacts, services.mlflow_traces.span_files.stored)
    if gatekeeper:
        registry = with_permissions_by_path(registry, experiments_of)
    return guarded(express(app, compressed(with_actor(registry))), lambda: services.access.guard)


def framework(services: Services, calls: Calls) -> Litestar:
    """The application of everything but MLflow's endpoints and files. ``calls`` asks those endpoints in the name of the caller."""
    limit = services.settings.server.max_body_bytes
    return Framework(
        route_handlers=[
            *gateway_routers(services.proxy.gateway, services.proxy.responses, services.access.tickets, limit),
            otlp_routes.router(services.tracing.sink, services.mlflow_traces.placement),
            trace_routes.router(services.views.traces, services.tracing.assessments),
            prompt_routes.router(services.views.prompts),
            lineage_routes.router(services.views.lineage),
            model_routes.router(services.views.models, calls, services.views.moves),
            key_routes.router(services.access.keys),
            access_routes.router(services.access.users),
            limit_routes.router(services.proxy.limits),
            cache_routes.router(services.proxy.cache),
            judge_routes.router(services.judges),
            import_routes.router(services.tracking.imports),
            garbage_routes.router(services.mlflow_traces.garbage),
            webhook_routes.router(services.names.webhooks),
            graphql_routes.router(calls.ask),
            health.router(services),
            openapi,
            views.router(page_services(services, calls)),
        ],
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=OpenAPIConfig(
            title="Tidegate", version=VERSION, path=SCHEMA_PATH, render_plugins=[JsonRenderPlugin(path="/openapi.json")]
        ),
        request_max_body_size=limit,
        logging_config=None,
    )
