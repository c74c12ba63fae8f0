"""Raw pass-through: ``/passthrough/{provider}/{path}`` is that path of the provider's own API, on the provider's account.

Nothing of the request is changed but its key, and nothing of the answer, which goes on as it arrives. Of a request what is not JSON and not small is sent on while it arrives. Keys, limits and spans are those of every other request.
"""

import re
from typing import Any, Final, cast
from urllib.parse import unquote

import msgspec
from litestar import Router, asgi, route
from litestar.enums import HttpMethod
from litestar.params import FromPath
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send
from msgspec import structs

from gateway.belongings.asked import asked_for
from gateway.dialects.table import CLIENT_DIALECTS
from gateway.dialects.types import DialectName
from gateway.errors import GatewayError, InvalidRequest, MethodNotAllowed
from gateway.keys.tickets import UploadTickets
from gateway.passages.passthrough import dialect_at
from gateway.service import Gateway
from gateway.surfaces.arrivals import Arrival, content_type
from gateway.surfaces.openai import send_error
from gateway.surfaces.paths import asked_path, upstream_path
from gateway.surfaces.resources import SMALL, ResourceSurface
from gateway.surfaces.uploads import Readdressed
from gateway.types import Inbound, Operation, Resource
from gateway.upload import Upload
from gateway.wire.multipart import TextSearch, boundary_of
from tracing.unreadable import UNREADABLE

__all__ = ("router",)

PREFIX: Final = "/passthrough"
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_MODEL: Final = re.compile(r"/models?/(?P<model>[^/:?]+)")


class Asked(msgspec.Struct):
    """What of a body must be known: whose model is used, and how it answers."""

    model: Any = None
    stream: Any = None


_ASKED: Final = msgspec.json.Decoder(Asked)


def router(gateway: Gateway, tickets: UploadTickets, max_body_bytes: int = 100 * 1024 * 1024) -> Router:
    """The paths of pass-through."""
    surface = PassthroughSurface(gateway, max_body_bytes, tickets)

    @asgi(PREFIX, is_mount=True, copy_scope=False)
    async def passthrough(scope: Scope, receive: Receive, send: Send) -> None:
        await surface.passthrough(cast("HTTPScope", scope), receive, send)

    @route("/gateway/proxy/{endpoint:str}/{path:path}", http_method=[HttpMethod.GET, HttpMethod.POST, HttpMethod.DELETE])
    async def proxy(endpoint: FromPath[str], path: FromPath[str]) -> ASGIApp:
        return surface.proxied(endpoint)

    return Router("/", route_handlers=[passthrough, proxy], include_in_schema=False)


class PassthroughSurface(ResourceSurface):
    """From ASGI to the gateway and back, for whatever a vendor's API has."""

    def __init__(self, gateway: Gateway, max_body_bytes: int, tickets: UploadTickets) -> None:
        super().__init__(gateway, max_body_bytes)
        self._tickets = tickets

    async def passthrough(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """One request to the provider that the path names."""
        arrival = Arrival.now()
        try:
            if scope["method"] not in METHODS:
                raise MethodNotAllowed(f"{scope['method']} is not passed through.", allowed=", ".join(METHODS))
            provider = unquote(scope["path"].removeprefix(PREFIX).strip("/").partition("/")[0])
            if not provider:
                raise InvalidRequest("Write /passthrough/PROVIDER/PATH with the name of a provider.")
            inbound = await self._inbound(scope, receive, provider, f"{PREFIX}/{provider}", arrival)
        except GatewayError as error:
            await send_error(error, send)
        else:
            if inbound is not None:
                uploads = f"{PREFIX}/{provider}/upload/" in asked_path(scope)
                sending = Readdressed(send, self._tickets, scope, provider, self._gateway.public_url) if uploads else send
                await self._answer(inbound, scope, receive, sending)

    def proxied(self, endpoint: str) -> ASGIApp:
        """As ``passthrough``, to the provider of an endpoint, as MLflow's gateway has it."""

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            asked, arrival = cast("HTTPScope", scope), Arrival.now()
            try:
                provider = self._gateway.provider_of(endpoint)
                inbound = await self._inbound(asked, receive, provider, f"/gateway/proxy/{endpoint}", arrival)
            except GatewayError as error:
                await send_error(error, send)
            else:
                if inbound is not None:
                    await self._answer(inbound, asked, receive, send)

        return answer

    async def _inbound(self, scope: HTTPScope, receive: Receive, provider: str, prefix: str, arrival: Arrival) -> Inbound | None:
        """The request; ``None`` when the client left."""
        kind, path = content_type(scope), upstream_path(scope, prefix)
        resource = Resource(method=scope["method"], path=path, content_type=kind)
        sent = await self._sent(scope, receive, kind)
        if sent is None:
            return None
        body, upload = sent
        model, stream = _asked(path, upload.read() if upload is not None else body, kind)
        dialect = dialect_at(path)
        return arrival.inbound(
            scope,
            Operation.PASSTHROUGH,
            body,
            dialect=dialect if dialect is not None and dialect in CLIENT_DIALECTS else DialectName.OPENAI_CHAT,
            model=model,
            stream=stream,
            resource=structs.replace(resource, flows=asked_for(resource) is None),
            provider=provider,
            upload=upload,
        )

    async def _sent(self, scope: HTTPScope, receive: Receive, kind: str) -> tuple[bytes, Upload | None] | None:
        """The body, whole where its words are for the span or it is small, else as it comes, with its beginning held; ``None`` when the client left."""
        if scope["method"] == "GET":
            return b"", None
        if kind.startswith("application/json"):
            body = await self._read(receive)
            return None if body is None else (body, None)
        upload = self._upload(scope, receive)
        if not await upload.hold(lambda _: upload.size > SMALL):
            return None
        return (upload.read(), None) if upload.whole and upload.size <= SMALL else (b"", upload)


def _asked(path: str, body: bytes, kind: str) -> tuple[str, bool]:
    """The model, ``""`` where none can be seen, and whether a stream is wanted. A key that is for some models alone opens no other request.

    ``body`` may be its beginning.
    """
    named = _MODEL.search(path)
    model = unquote(named["model"]) if named else ""
    if kind.startswith("multipart/"):
        return model or _in_form(body, kind), False
    try:
        asked = _ASKED.decode(body)
    except UNREADABLE:
        return model, "stream" in path
    return model or (asked.model if isinstance(asked.model, str) else ""), asked.stream is True or "stream" in path.partition("?")[0]


def _in_form(body: bytes, kind: str) -> str:
    """The field ``model`` of a form; ``""`` in what is no form, or no whole one: that is the vendor's to judge."""
    try:
        search = TextSearch(boundary_of(kind), "model")
        search.feed(body)
    except InvalidRequest:
        return ""
    return search.text
