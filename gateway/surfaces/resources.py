"""What OpenAI's API has beside chat and embeddings: completions, moderation, images, audio, ranking (as Cohere asks for it), files and batches."""

import re
from typing import Final, cast

from litestar import Router, asgi, route
from litestar.enums import HttpMethod
from litestar.handlers.asgi_handlers import ASGIRouteHandler
from litestar.params import FromPath
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send
from msgspec.structs import replace
from typing_extensions import override

from gateway.dialects.types import DialectName
from gateway.errors import GatewayError, InvalidRequest, MethodNotAllowed
from gateway.service import Gateway
from gateway.surfaces.arrivals import Arrival, content_type
from gateway.surfaces.listing import spoken
from gateway.surfaces.made import made_in
from gateway.surfaces.openai import Asked, Surface, send_error
from gateway.surfaces.paths import OPENAI_PREFIXES, named_provider, openai_path
from gateway.types import Inbound, Operation, Reply, Resource
from gateway.upload import Span, Upload
from gateway.wire.multipart import TextSearch, boundary_of, text_of

__all__ = ("ResourceSurface", "router")

BODIES: Final = {
    "/images/generations": Operation.IMAGE,
    "/images/edits": Operation.IMAGE_EDIT,
    "/images/variations": Operation.IMAGE_VARIATION,
    "/audio/speech": Operation.SPEECH,
    "/audio/transcriptions": Operation.TRANSCRIPTION,
    "/audio/translations": Operation.TRANSLATION,
    "/moderations": Operation.MODERATION,
    "/rerank": Operation.RERANK,
    "/decisions": Operation.DECISION,
}
"""Requests that name a model in their body, which is JSON or a form."""

CLAUDE_PREFIXES: Final = ("/v1", "/anthropic/v1", "/gateway/anthropic/v1")
CLAUDES: Final = (
    "/messages/batches",
    "/files",
    "/skills",
    "/agents",
    "/vaults",
    "/deployments",
    "/deployment_runs",
    "/dreams",
    "/environments",
    "/memory_stores",
    "/sessions",
    "/user_profiles",
)
"""The same at Anthropic. What has the name of something of OpenAI's stands at its own paths beneath ``/anthropic`` alone; at the others its header tells."""

_RESULTS: Final = re.compile(rb'("results_url"\s*:\s*")https?://[^/"]+(/v1/)')

ACCOUNTS: Final = {
    "/files": Operation.FILES,
    "/batches": Operation.BATCHES,
    "/uploads": Operation.UPLOADS,
    "/vector_stores": Operation.VECTOR_STORES,
    "/conversations": Operation.CONVERSATIONS,
    "/containers": Operation.CONTAINERS,
    "/fine_tuning": Operation.FINE_TUNING,
    "/evals": Operation.EVALS,
    "/videos": Operation.VIDEOS,
    "/skills": Operation.SKILLS,
    "/assistants": Operation.ASSISTANTS,
    "/threads": Operation.THREADS,
    "/agents": Operation.AGENTS,
    "/vaults": Operation.VAULTS,
    "/chatkit": Operation.CHATKIT,
    "/audio/voices": Operation.VOICES,
    "/audio/voice_consents": Operation.VOICE_CONSENTS,
    "/content_provenance_checks": Operation.PROVENANCE_CHECKS,
}
"""What belongs to an account, whatever the model."""

GOOGLES: Final = frozenset({Operation.FILES, Operation.BATCHES})
"""What Google's clients ask for at the same paths."""

SMALL: Final = 256 * 1024
"""Bytes of a form that is read whole: its other fields are looked at, too."""

METHODS: Final = ("GET", "POST", "DELETE")


def router(gateway: Gateway, google: Asked, max_body_bytes: int = 100 * 1024 * 1024) -> Router:
    """The paths of these. Files and batches are Google's, too: ``google`` answers its clients."""
    surface = ResourceSurface(gateway, max_body_bytes)
    bodies = [_body_route(surface, path, operation) for path, operation in BODIES.items()]
    accounts = [
        _account_route(surface, google, [prefix + path for prefix in OPENAI_PREFIXES], operation) for path, operation in ACCOUNTS.items()
    ]
    accounts += [
        _account_route(surface, google, [prefix + path for prefix in CLAUDE_PREFIXES[path in ACCOUNTS :]], Operation.PASSTHROUGH)
        for path in CLAUDES
    ]

    @route(
        [f"{prefix}/chat/completions/{{path:path}}" for prefix in OPENAI_PREFIXES],
        http_method=[HttpMethod.GET, HttpMethod.POST, HttpMethod.DELETE],
    )
    async def stored(path: FromPath[str]) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            await surface.account(Operation.STORED_CHATS, cast("HTTPScope", scope), receive, send)

        return answer

    @asgi([*(f"{prefix}/completions" for prefix in OPENAI_PREFIXES), "/gateway/mlflow/v1/completions"], copy_scope=False)
    async def completions(scope: Scope, receive: Receive, send: Send) -> None:
        await surface.serve(Operation.COMPLETIONS, cast("HTTPScope", scope), receive, send)

    return Router("/", route_handlers=[completions, stored, *bodies, *accounts], include_in_schema=False)


def _body_route(surface: "ResourceSurface", path: str, operation: Operation) -> ASGIRouteHandler:
    more = ["/v2/rerank", "/rerank"] if operation is Operation.RERANK else []

    @asgi([*(prefix + path for prefix in OPENAI_PREFIXES), *more], copy_scope=False)
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await surface.body(operation, cast("HTTPScope", scope), receive, send)

    return answer


def _account_route(surface: "ResourceSurface", google: Asked, paths: list[str], operation: Operation) -> ASGIRouteHandler:
    @asgi(paths, is_mount=True, copy_scope=False)
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        asked = cast("HTTPScope", scope)
        if operation in GOOGLES and spoken(asked["headers"]) is DialectName.GEMINI:
            await google(asked, receive, send)
        else:
            await surface.account(operation, asked, receive, send)

    return answer


class ResourceSurface(Surface):
    """From ASGI to the gateway and back, for requests that are passed on as they are."""

    async def body(self, operation: Operation, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """A request whose body, JSON or a form, names the model."""
        arrival = Arrival.now()
        try:
            inbound = await self._asked(operation, scope, receive, arrival)
            if inbound is None:
                return
        except GatewayError as error:
            await send_error(error, send)
        else:
            await self._answer(inbound, scope, receive, send)

    async def account(self, operation: Operation, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """A request about what an account holds. ``x-tidegate-provider``, or ``provider`` in the query, says whose.

        Files have one path at two vendors: Anthropic's clients are known by their header.
        """
        arrival = Arrival.now()
        claudes = operation is Operation.PASSTHROUGH or any(name == b"anthropic-version" for name, _ in scope["headers"])
        dialect = DialectName.ANTHROPIC if claudes else DialectName.OPENAI_CHAT
        try:
            if scope["method"] not in METHODS:
                raise MethodNotAllowed(f"{scope['method']} is not answered here.", allowed=", ".join(METHODS))
            named, wanted = named_provider(scope), scope["path"].split("/")
            provider = self._gateway.account_at("anthropic", named, wanted) if claudes else self._gateway.account(operation, named, wanted)
            kind = content_type(scope)
            upload = self._upload(scope, receive) if kind.startswith("multipart/") and scope["method"] == "POST" else None
            body = await self._read(receive) if scope["method"] == "POST" and upload is None else b""
            if body is None:
                return
            resource = Resource(method=scope["method"], path=openai_path(scope), content_type=kind)
            asked = Operation.PASSTHROUGH if claudes else operation
            inbound = arrival.inbound(scope, asked, body, resource=resource, provider=provider, upload=upload, dialect=dialect)
        except GatewayError as error:
            await send_error(error, send, dialect)
        else:
            await self._answer(inbound, scope, receive, send)

    @override
    async def handle(self, inbound: Inbound) -> Reply:
        """What an account makes is asked of it from now on.

        A batch of Anthropic's names the address of its results, to which a client sends its key: that is one of ours, beneath its base URL.
        """
        reply = await super().handle(inbound)
        if inbound.provider and 200 <= reply.status < 300 and (made := made_in(inbound, reply.body)):
            self._gateway.remember(made, inbound.provider)
        if inbound.dialect is not DialectName.ANTHROPIC or b'"results_url"' not in reply.body:
            return reply
        return replace(reply, body=_RESULTS.sub(rb"\1\2", reply.body))

    async def _asked(self, operation: Operation, scope: HTTPScope, receive: Receive, arrival: Arrival) -> Inbound | None:
        """The request; ``None`` when the client left. A form is read as far as its model; what is small is read to its end."""
        kind = content_type(scope)
        resource = Resource(content_type=kind)
        if not kind.startswith("multipart/") or scope["method"] != "POST":
            body = await self._body(scope, receive)
            return None if body is None else arrival.inbound(scope, operation, body, resource=resource)
        search, upload = TextSearch(boundary_of(kind), "model"), self._upload(scope, receive)
        if not await upload.hold(lambda piece: search.feed(piece) and upload.size > SMALL):
            return None
        if upload.whole and upload.size <= SMALL:
            return _with_form(operation, upload.read(), scope, arrival)
        if search.found is None:
            raise _unnamed() if search.ended else InvalidRequest("The form is cut off: it has no end line.")
        upload.named = Span(search.found.start, search.found.end)
        return arrival.inbound(scope, operation, b"", resource=resource, model=search.text, upload=upload)

    def _upload(self, scope: HTTPScope, receive: Receive) -> Upload:
        length = next((int(value) for name, value in scope["headers"] if name == b"content-length" and value.isdigit()), None)
        return Upload(receive, length, self._max_body_bytes)


def _with_form(operation: Operation, body: bytes, scope: HTTPScope, arrival: Arrival) -> Inbound:
    kind = content_type(scope)
    boundary = boundary_of(kind)
    model = text_of(body, boundary, "model")
    if not model:
        raise _unnamed()
    stream = text_of(body, boundary, "stream") == "true"
    return arrival.inbound(scope, operation, body, resource=Resource(content_type=kind), model=model, stream=stream)


def _unnamed() -> InvalidRequest:
    return InvalidRequest("The form has no field 'model'.", param="model")
