"""The paths of models' clients, and the application of a process that has no others (``server.role: gateway``)."""

from typing import TYPE_CHECKING

from litestar import Router
from litestar.types import ASGIApp

from gateway.kept import KeptResponses
from gateway.keys.tickets import UploadTickets
from gateway.service import Gateway
from gateway.surfaces import anthropic, azure, deployments, gemini, invocations, openai, passthrough, resources, responses
from gateway.surfaces import mlflow as mlflow_gateway
from gateway.surfaces.google_account import GoogleAccount
from server import health
from server.errors import EXCEPTION_HANDLERS
from server.express import express
from server.framework import Framework
from server.guard import guarded
from tracing import otlp_routes

if TYPE_CHECKING:
    from server.services import Services  # a worker has none, nor what it would load

__all__ = ("create_gateway_app", "gateway_routers")


def gateway_routers(gateway: Gateway, responses_kept: KeptResponses, tickets: UploadTickets, limit: int) -> list[Router]:
    """The routers of every dialect, and those of the vendors' own APIs under their names. ``limit`` is the largest body in bytes."""
    google = GoogleAccount(gateway, limit, tickets)
    return [
        openai.router(gateway, resources.ResourceSurface(gateway, limit).account, google.kept, limit),
        anthropic.router(gateway, limit),
        gemini.router(gateway, google, limit),
        resources.router(gateway, google.kept, limit),
        responses.router(gateway, responses_kept, limit),
        mlflow_gateway.router(gateway, limit),
        invocations.router(gateway, limit),
        azure.router(gateway, limit),
        deployments.router(gateway),
        passthrough.router(gateway, tickets, limit),
    ]


def create_gateway_app(services: "Services") -> ASGIApp:
    """The application of a gateway process: models, spans over OTLP, and health."""
    limit = services.settings.server.max_body_bytes
    app = Framework(
        route_handlers=[
            *gateway_routers(services.proxy.gateway, services.proxy.responses, services.access.tickets, limit),
            otlp_routes.router(services.tracing.sink, services.mlflow_traces.placement),
            health.router(services),
        ],
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=None,
        request_max_body_size=limit,
        logging_config=None,
    )
    return guarded(express(app, app), lambda: services.access.guard)
