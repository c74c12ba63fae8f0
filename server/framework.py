"""Litestar, as it starts soonest: what it works out for each path of hundreds and what is the same for all is worked out once."""

from typing import Any

from litestar import Litestar, Request, Response, Router, route
from litestar.handlers import HTTPRouteHandler
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin
from litestar.routes import HTTPRoute
from litestar.types import ControllerRouterHandler
from litestar.types.internal_types import RouteHandlerType
from typing_extensions import override

__all__ = ("Framework",)

_OPTIONS = frozenset({"OPTIONS"})


class Framework(Litestar):
    """Litestar with msgspec alone. It would load pydantic and attrs wherever they are installed, which takes a tenth of our start."""

    @staticmethod
    @override
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return [*plugins, MsgspecDIPlugin()]

    @override
    def _validate_registration_value(self, value: ControllerRouterHandler) -> "RouteHandlerType | Router":
        """Each router is made for one application. Litestar would copy it with all that it holds, which takes longer than making it."""
        if isinstance(value, Router):
            value.owner = self
            answer = _options(value)
            for path in value.routes:
                if isinstance(path, HTTPRoute):
                    path.route_handlers = [answer if each.http_methods == _OPTIONS else each for each in path.route_handlers]
            return value
        return super()._validate_registration_value(value)


def _options(router: Router) -> HTTPRouteHandler:
    """One answer to ``OPTIONS`` for all paths of a router. Litestar has one for each, whose signatures take a twentieth of our start to read."""
    handler = route("/", http_method=["OPTIONS"], include_in_schema=False, sync_to_thread=False)(_allowed)
    handler.owner = router
    return handler


def _allowed(request: Request[Any, Any, Any]) -> Response[None]:
    """What may be asked of a path (RFC 9110 section 9.3.7)."""
    path = request.scope["path_template"]
    methods = {method for each in request.app.routes if isinstance(each, HTTPRoute) and each.path_format == path for method in each.methods}
    return Response(None, status_code=204, headers={"allow": ", ".join(sorted(methods))})
