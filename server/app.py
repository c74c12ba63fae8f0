"""All routes, listed; each package makes its own."""

from litestar import Litestar
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.types import ASGIApp

from evals import routes as judge_routes
from gateway.surfaces import openai
from registry.prompts import routes as prompt_routes
from server import health
from server.errors import EXCEPTION_HANDLERS
from server.guard import guarded
from server.pages import page_services
from server.services import Services
from server.ui import views
from server.version import VERSION
from tracing import otlp_routes
from tracing import routes as trace_routes

__all__ = ("create_app",)


def create_app(services: Services) -> ASGIApp:
    """The whole server as one ASGI application."""
    app = Litestar(
        route_handlers=[
            openai.router(services.gateway),
            otlp_routes.router(services.sink),
            trace_routes.router(services.traces, services.assessments),
            prompt_routes.router(services.prompts),
            judge_routes.router(services.judges),
            health.router(services),
            views.router(page_services(services)),
        ],
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=OpenAPIConfig(
            title="Tidegate", version=VERSION, path="/api/v1", render_plugins=[JsonRenderPlugin(path="/openapi.json")]
        ),
        request_max_body_size=services.settings.server.max_body_bytes,
        logging_config=None,
    )

    return guarded(app, lambda: services.guard)
