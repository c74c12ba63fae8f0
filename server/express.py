"""Plain ASGI handlers on paths without parameters are called straight, past the framework: they need nothing of it.

The framework's middleware and router cost a request of the gateway a tenth of its time, and lead to the same handler by the same path.
"""

from collections.abc import Awaitable, Mapping

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.routes import ASGIRoute
from litestar.types import ASGIApp, Receive, Scope, Send

__all__ = ("express", "plain_handlers")


def express(framework: Litestar, app: ASGIApp) -> ASGIApp:
    """``app``, which calls plain handlers itself and leads every other request to ``framework``."""
    handlers = plain_handlers(framework)

    def serve(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        handler = handlers.get(scope["path"]) if scope["type"] == ScopeType.HTTP else None
        return (app if handler is None else handler)(scope, receive, send)

    return serve


def plain_handlers(framework: Litestar) -> Mapping[str, ASGIApp]:
    """Plain handlers by their exact path. Mounts, and handlers with a middleware or a guard, stay with the framework."""
    routes = [route for route in framework.routes if isinstance(route, ASGIRoute) and not route.path_parameters]
    return {route.path: route.route_handler.fn for route in routes if not _needs_framework(route)}


def _needs_framework(route: ASGIRoute) -> bool:
    handler = route.route_handler
    return bool(handler.is_mount or handler.middleware or handler.guards)
