"""The paths of models' clients, and the application of a process that has no others (``server.role: gateway``)."""

from typing import TYPE_CHECKING, Protocol

from litestar import Litestar, Router
from litestar.types import ASGIApp

from config import Settings
from gateway.kept import KeptResponses
from gateway.keys.tickets import UploadTickets
from gateway.service import Gateway
from gateway.surfaces import anthropic, deployments, gemini, invocations, openai, passthrough, resources, responses
from gateway.surfaces import mlflow as mlflow_gateway
from gateway.surfaces.google_account import GoogleAccount
from server import health
from server.errors import EXCEPTION_HANDLERS
from server.express import express
from server.guard import guarded
from tracing import otlp_routes

if TYPE_CHECKING:
    from server.services import Services  # a worker has none, nor what it would load

__all__ = ("create_gateway_app", "gateway_routers")


class GatewayServices(Protocol):
    """What the routes of models' clients need."""

    settings: Settings
    gateway: Gateway
    responses: KeptResponses
    tickets: UploadTickets


def gateway_routers(services: GatewayServices) -> list[Router]:
    """The routers of every dialect, and those of the vendors' own APIs under their names."""
    limit = services.settings.server.max_body_bytes
    google = GoogleAccount(services.gateway, limit, services.tickets)
    return [
        openai.router(services.gateway, resources.ResourceSurface(services.gateway, limit).account, google.kept, limit),
        anthropic.router(services.gateway, limit),
        gemini.router(services.gateway, google, limit),
        resources.router(services.gateway, google.kept, limit),
        responses.router(services.gateway, services.responses, limit),
        mlflow_gateway.router(services.gateway, limit),
        invocations.router(services.gateway, limit),
        deployments.router(services.gateway),
        passthrough.router(services.gateway, services.tickets, limit),
    ]


def create_gateway_app(services: "Services") -> ASGIApp:
    """The application of a gateway process: models, spans over OTLP, and health."""
    app = Litestar(
        route_handlers=[*gateway_routers(services), otlp_routes.router(services.sink, services.placement), health.router(services)],
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=None,
        request_max_body_size=services.settings.server.max_body_bytes,
        logging_config=None,
    )
    return guarded(express(app, app), lambda: services.guard)
