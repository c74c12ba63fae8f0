"""Raw pass-through: ``/passthrough/{provider}/{path}`` is that path of the provider's own API, on the provider's account.

Nothing of the request is changed but its key, and nothing of the answer. Keys, limits and spans are those of every other request.
"""

import re
from typing import Any, Final, cast
from urllib.parse import unquote

import msgspec
from litestar import Request, Router, asgi, route
from litestar.enums import HttpMethod
from litestar.params import FromPath
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from gateway.dialects.table import CLIENT_DIALECTS
from gateway.dialects.types import DialectName
from gateway.errors import GatewayError, InvalidRequest, MethodNotAllowed
from gateway.passages.passthrough import dialect_at
from gateway.service import Gateway
from gateway.surfaces.arrivals import Arrival, content_type
from gateway.surfaces.openai import send_error
from gateway.surfaces.paths import upstream_path
from gateway.surfaces.resources import ResourceSurface
from gateway.types import Inbound, Operation, Resource
from gateway.wire.multipart import boundary_of, text_of

__all__ = ("router",)

AnyRequest = Request[Any, Any, Any]

PREFIX: Final = "/passthrough"
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_MODEL: Final = re.compile(r"/models?/(?P<model>[^/:?]+)")


class Asked(msgspec.Struct):
    """What of a body must be known: whose model is used, and how it answers."""

    model: Any = None
    stream: Any = None


_ASKED: Final = msgspec.json.Decoder(Asked)


def router(gateway: Gateway, max_body_bytes: int = 100 * 1024 * 1024) -> Router:
    """The paths of pass-through."""
    surface = PassthroughSurface(gateway, max_body_bytes)

    @asgi(PREFIX, is_mount=True, copy_scope=False)
    async def passthrough(scope: Scope, receive: Receive, send: Send) -> None:
        await surface.passthrough(cast("HTTPScope", scope), receive, send)

    @route("/gateway/proxy/{endpoint:str}/{path:path}", http_method=[HttpMethod.GET, HttpMethod.POST, HttpMethod.DELETE])
    async def proxy(request: AnyRequest, endpoint: FromPath[str], path: FromPath[str]) -> ASGIApp:
        return surface.proxied(endpoint, await request.body())

    return Router("/", route_handlers=[passthrough, proxy], include_in_schema=False)


class PassthroughSurface(ResourceSurface):
    """From ASGI to the gateway and back, for whatever a vendor's API has."""

    async def passthrough(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """One request to the provider that the path names."""
        arrival = Arrival.now()
        try:
            if scope["method"] not in METHODS:
                raise MethodNotAllowed(f"{scope['method']} is not passed through.", allowed=", ".join(METHODS))
            body = b"" if scope["method"] == "GET" else await self._read(receive)
            if body is None:
                return
            provider = unquote(scope["path"].removeprefix(PREFIX).strip("/").partition("/")[0])
            if not provider:
                raise InvalidRequest("Write /passthrough/PROVIDER/PATH with the name of a provider.")
            inbound = _inbound(scope, body, provider, f"{PREFIX}/{provider}", arrival)
        except GatewayError as error:
            await send_error(error, send)
        else:
            await self._answer(inbound, scope, receive, send)

    def proxied(self, endpoint: str, body: bytes) -> ASGIApp:
        """The same for the provider of an endpoint, as MLflow's gateway has it."""
        arrival = Arrival.now()

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                provider = self._gateway.provider_of(endpoint)
                prefix = f"/gateway/proxy/{endpoint}"
                inbound = _inbound(cast("HTTPScope", scope), body, provider, prefix, arrival)
            except GatewayError as error:
                await send_error(error, send)
            else:
                await self._answer(inbound, cast("HTTPScope", scope), receive, send)

        return answer


def _inbound(scope: HTTPScope, body: bytes, provider: str, prefix: str, arrival: Arrival) -> Inbound:
    kind = content_type(scope)
    path = upstream_path(scope, prefix)
    model, stream = _asked(path, body, kind)
    dialect = dialect_at(path)
    return arrival.inbound(
        scope,
        Operation.PASSTHROUGH,
        body,
        dialect=dialect if dialect is not None and dialect in CLIENT_DIALECTS else DialectName.OPENAI_CHAT,
        model=model,
        stream=stream,
        resource=Resource(method=scope["method"], path=path, content_type=kind),
        provider=provider,
    )


def _asked(path: str, body: bytes, kind: str) -> tuple[str, bool]:
    """The model, ``""`` where none can be seen, and whether a stream is wanted. A key that is for some models alone opens no other request."""
    named = _MODEL.search(path)
    model = unquote(named["model"]) if named else ""
    if kind.startswith("multipart/"):
        return model or text_of(body, boundary_of(kind), "model") or "", False
    try:
        asked = _ASKED.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return model, "stream" in path
    return model or (asked.model if isinstance(asked.model, str) else ""), asked.stream is True or "stream" in path.partition("?")[0]
