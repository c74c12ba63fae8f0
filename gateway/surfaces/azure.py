"""OpenAI's API as clients of Azure ask for it: the path names the deployment, which is a model here.

``POST /openai/deployments/MODEL/chat/completions?api-version=…``, where MODEL may hold slashes. What no deployment is for has OpenAI's
paths beneath ``/openai`` and ``/openai/v1``, and stands in the tables of the other surfaces.
https://learn.microsoft.com/azure/ai-foundry/openai/reference
"""

import re
from typing import Final, cast

import msgspec
from litestar import Router, asgi
from litestar.types import HTTPScope, Receive, Scope, Send
from msgspec.structs import replace

from gateway.errors import GatewayError, PathNotFound
from gateway.service import Gateway
from gateway.surfaces.arrivals import Arrival
from gateway.surfaces.openai import send_error
from gateway.surfaces.paths import asked_path
from gateway.surfaces.resources import BODIES, ResourceSurface
from gateway.types import Inbound, Operation
from gateway.wire.patch import patch
from tracing.unreadable import UNREADABLE

__all__ = ("router",)

MOUNT: Final = "/openai/deployments"
MODELS: Final = {
    "/chat/completions": Operation.CHAT,
    "/completions": Operation.COMPLETIONS,
    "/embeddings": Operation.EMBEDDINGS,
}
"""Requests whose body is about what a model is to say. Those of ``BODIES`` are passed on as they are."""

_DEPLOYED: Final = re.compile(rf"{MOUNT}/(.+?)({'|'.join((*MODELS, *BODIES))})/?", re.DOTALL)
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def router(gateway: Gateway, max_body_bytes: int = 100 * 1024 * 1024) -> Router:
    """The paths of deployments."""
    surface = DeploymentSurface(gateway, max_body_bytes)

    @asgi(MOUNT, is_mount=True, copy_scope=False)
    async def deployed(scope: Scope, receive: Receive, send: Send) -> None:
        await surface.deployed(cast("HTTPScope", scope), receive, send)

    return Router("/", route_handlers=[deployed], include_in_schema=False)


class DeploymentSurface(ResourceSurface):
    """From ASGI to the gateway and back, for models by path."""

    async def deployed(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """One request. The path's model counts, whatever a JSON body names; a form has to name it, too, as Azure's SDK does."""
        arrival = Arrival.now()
        try:
            model, path = _named(asked_path(scope))
            inbound = await self._inbound(path, scope, receive, arrival)
        except GatewayError as error:
            await send_error(error, send)
            return
        if inbound is not None:
            await self._answer(replace(inbound, body=_with_model(inbound.body, model)), scope, receive, send)

    async def _inbound(self, path: str, scope: HTTPScope, receive: Receive, arrival: Arrival) -> Inbound | None:
        if path in BODIES:
            return await self._asked(BODIES[path], scope, receive, arrival)
        body = await self._body(scope, receive)
        return None if body is None else arrival.inbound(scope, MODELS[path], body)


def _named(path: str) -> tuple[str, str]:
    """The model, and what is asked of it. Raises ``PathNotFound``."""
    if (found := _DEPLOYED.fullmatch(path)) is None:
        raise PathNotFound(f"There is nothing at {path!r}: beneath {MOUNT}/MODEL are {', '.join((*MODELS, *BODIES))}.")
    return found[1], found[2]


def _with_model(body: bytes, model: str) -> bytes:
    """A JSON body with the model in it. One that cannot be read stays as it is: the gateway says what is wrong."""
    try:
        _OBJECT.decode(body)
    except UNREADABLE:
        return body
    return patch(body, {"model": msgspec.json.encode(model)})
