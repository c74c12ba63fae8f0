"""Which requests a worker answers: those of models' clients. Everything else is the core's, and so is whoever signs in with a name."""

from collections.abc import Callable
from http import HTTPStatus

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from server.errors import EXCEPTION_HANDLERS
from server.express import express
from server.framework import Framework
from server.gateway_app import gateway_routers
from server.guard import GATEWAY_PATHS, TELEMETRY_PATHS, Guard, answer
from server.workers.forwarding import Forwarder
from server.workers.services import WorkerServices

__all__ = ("answers", "create_worker_app")


def answers(path: str) -> bool:
    """Whether a worker answers requests for ``path`` itself. Spans over OTLP go to the core: whoever sends them reads them at once."""
    return path.startswith(GATEWAY_PATHS) and not path.startswith(TELEMETRY_PATHS)


def create_worker_app(services: WorkerServices, core: Forwarder) -> ASGIApp:
    """The gateway's paths, and the way to the core."""
    limit = services.settings.server.max_body_bytes
    framework = Framework(
        route_handlers=gateway_routers(services.gateway, services.responses, services.tickets, limit),
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=None,
        request_max_body_size=limit,
        logging_config=None,
    )
    return _gate(express(framework, framework), core, lambda: services.guard, lambda: services.settings.security.users)


def _gate(app: ASGIApp, core: Forwarder, guard: Callable[[], Guard], users: Callable[[], bool]) -> ASGIApp:
    async def gate(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        path = scope["path"]
        if not answers("/" + path.lstrip("/") if path.startswith("//") else path):
            await core(scope, receive, send)
            return
        headers = scope["headers"]
        if path.startswith("//"):  # see server.guard.guarded
            scope["path"] = "/" + path.lstrip("/")
        keeper = guard()
        refusal = keeper.refuse_address(scope) or keeper.refuse(scope)
        if refusal is None:
            await app(scope, receive, send)
        elif refusal.status == HTTPStatus.UNAUTHORIZED and users():
            scope["headers"] = headers
            await core(scope, receive, send)
        else:
            await answer(scope, refusal, send)

    return gate
