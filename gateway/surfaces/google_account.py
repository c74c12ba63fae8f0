"""What Google keeps for an account beside models: files and what is uploaded, cached contents, batches, stores to search, long operations."""

import re
from typing import Final

import msgspec
from litestar.types import HTTPScope, Receive, Send
from msgspec.structs import replace

from gateway.counting import model_of
from gateway.dialects.types import DialectName
from gateway.errors import GatewayError, InvalidRequest, MethodNotAllowed
from gateway.keys.tickets import UploadTickets, ticket_in_query
from gateway.service import Gateway
from gateway.surfaces.arrivals import Arrival
from gateway.surfaces.google_cloud import VERTEX, in_cloud, in_place, model_named, not_here
from gateway.surfaces.openai import send_error
from gateway.surfaces.paths import asked_path, named_provider, upstream_path
from gateway.surfaces.resources import ResourceSurface
from gateway.surfaces.uploads import Readdressed
from gateway.types import Inbound, Operation, Resource
from gateway.wire.patch import replace as replace_member

__all__ = ("GOOGLE", "GoogleAccount", "kept_at")

GOOGLE: Final = "gcp.gemini"
METHODS: Final = ("GET", "POST", "PATCH", "DELETE")
UPLOADING: Final = ("POST", "PUT")
CACHED: Final = "/cachedContents"
_KEPT: Final = re.compile(
    r".*?/(?P<version>v1(?:beta)?)/(?:(?:files|cachedContents|batches|fileSearchStores|operations)(?:[/:?].*)?|models/.+/operations/.+)"
)

_CLOUDS: Final = re.compile(r".*?/(?P<version>v1(?:beta1?)?)/(?:projects/[^/]+/locations/[^/]+/)?cachedContents(?:/[^/:?]+)?")


def kept_at(path: str) -> str:
    """The version of the API in the path of something that is kept; ``""`` in all others. Vertex AI keeps cached contents for us, nothing else."""
    found = (_CLOUDS if in_cloud(path) else _KEPT).fullmatch(path)
    return found["version"] if found else ""


class GoogleAccount(ResourceSurface):
    """From ASGI to the gateway and back, for what passes to Google as it is."""

    def __init__(self, gateway: Gateway, max_body_bytes: int, tickets: UploadTickets) -> None:
        super().__init__(gateway, max_body_bytes, DialectName.GEMINI)
        self._tickets = tickets

    async def beside(self, method: str, model: str, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """What only Google's own APIs do with a model: pictures and films, batches."""
        try:
            body = await self._body(scope, receive)
            if body is None:
                return
            place = "/publishers/google" if self._gateway.is_made_by(VERTEX, model) else ""
            passed = self._gateway.beside(self._question(scope, body, model), f"{place}/models/{{model}}:{method}")
        except GatewayError as error:
            await send_error(error, send, DialectName.GEMINI)
        else:
            await self._answer(replace(passed, dialect=DialectName.GEMINI), scope, receive, send)

    async def kept(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """A request about what is kept. ``x-tidegate-provider``, or ``provider`` in the query, says by which account."""
        arrival = Arrival.now()
        try:
            _check(scope, METHODS)
            body = b"" if scope["method"] in {"GET", "DELETE"} else await self._whole(scope, receive)
            if body is None:
                return
            path = upstream_path(scope, f"/{kept_at(asked_path(scope))}")
            system = VERTEX if in_cloud(asked_path(scope)) or self._gateway.is_of(VERTEX, named_provider(scope)) else GOOGLE
            names, path = _names(path), in_place(path)
            if system == VERTEX and not path.startswith(CACHED):
                raise not_here(path)
            if scope["method"] == "POST" and path.partition("?")[0] == CACHED:
                inbound = self._cached(path, body, scope)
            else:
                provider = self._gateway.account_at(system, named_provider(scope), names)
                resource = Resource(method=scope["method"], path=path)
                inbound = arrival.inbound(
                    scope, Operation.PASSTHROUGH, body, resource=resource, provider=provider, dialect=DialectName.GEMINI
                )
        except GatewayError as error:
            await send_error(error, send, DialectName.GEMINI)
        else:
            await self._answer(inbound, scope, receive, send)

    async def upload(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """The beginning of an upload, with a key, or a part of one, with a ticket."""
        arrival, asked = Arrival.now(), asked_path(scope)
        try:
            _check(scope, UPLOADING)
            if text := ticket_in_query(asked, scope["query_string"]):
                ticket = self._tickets.read(text)
                provider, path, sending = ticket.provider, ticket.path, send
            else:
                provider, path = (
                    self._gateway.account_at(GOOGLE, named_provider(scope)),
                    upstream_path(scope, asked.partition("/upload/")[0]),
                )
                sending = Readdressed(send, self._tickets, scope, provider, self._gateway.public_url)
            resource = Resource(method=scope["method"], path=path, content_type=_kind(scope))
            upload = self._upload(scope, receive)
            inbound = arrival.inbound(
                scope, Operation.PASSTHROUGH, b"", resource=resource, provider=provider, upload=upload, dialect=DialectName.GEMINI
            )
        except GatewayError as error:
            await send_error(error, send, DialectName.GEMINI)
        else:
            await self._answer(inbound, scope, receive, sending)

    def _cached(self, path: str, body: bytes, scope: HTTPScope) -> Inbound:
        """What is cached is cached for one model, which is named as in requests for generations."""
        model = model_named(model_of(body))
        if not model:
            raise InvalidRequest("Say for which 'model' this is cached.", param="model")
        if self._gateway.knows(model) and not any(self._gateway.is_made_by(system, model) for system in (GOOGLE, VERTEX)):
            raise InvalidRequest(
                f"Contents are cached by Gemini's own API and Vertex AI alone, and {model!r} is asked of neither.", param="model"
            )
        passed = self._gateway.beside(self._question(scope, body, model), path)
        named = replace_member(body, "model", msgspec.json.encode(f"models/{passed.model}"))
        return replace(passed, body=named, dialect=DialectName.GEMINI)


def _check(scope: HTTPScope, methods: tuple[str, ...]) -> None:
    if scope["method"] not in methods:
        raise MethodNotAllowed(f"{scope['method']} is not answered here.", allowed=", ".join(methods))


def _kind(scope: HTTPScope) -> str:
    """Of a file's bytes nothing need be said."""
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"content-type"), "")


def _names(path: str) -> list[str]:
    """Under which what is asked for may have been made: ``files/a`` of ``/files/a:download``, and of what is in a store the store's own."""
    whole = path.partition("?")[0].partition(":")[0].strip("/")
    return [whole, "/".join(whole.split("/")[:2])]
