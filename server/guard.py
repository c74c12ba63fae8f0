"""The one gate in front of every path: host names, origins, keys. A plain ASGI function, since it stands on the hot path."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlsplit

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from config import Settings
from gateway.errors import UploadNotFound
from gateway.keys.index import KeyIndex
from gateway.keys.presented import GOOGLE_PATHS, key_in_query, presented_keys
from gateway.keys.secret import looks_like_ours
from gateway.keys.tickets import UploadTickets, ticket_in_query
from gateway.keys.types import VirtualKey
from registry.access.attempts import TooManyAttempts
from registry.access.types import CALLER, Caller
from server.dialects import Refusal, has_dialect, render
from server.signing_in import SIGN_IN, SignIn, may_enter, too_many, unknown

__all__ = ("Guard", "guarded")

OPEN_PATHS = frozenset({"/health", "/ready", "/version", "/api/3.0/mlflow/server-info", "/ajax-api/3.0/mlflow/server-info"})
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
GATEWAY_PATHS = (
    "/v1/",
    "/v1beta/",
    "/v1beta1/",
    "/upload/",
    "/openai/",
    "/anthropic/",
    "/gemini/",
    "/gateway/",
    "/endpoints/",
    "/api/2.0/endpoints",
    "/api/2.0/gateway/",
    "/api/3.0/gateway/",
    "/passthrough/",
    "/rerank",
    "/v2/rerank",
)
"""What virtual keys open, but for ``TELEMETRY_PATHS``; everything else takes a key of the configuration."""

TELEMETRY_PATHS = ("/v1/traces", "/v1/metrics", "/v1/logs")
LOOKS = "/static/"
"""What the page needs where people sign in."""

REMEMBERED = 1000
"""How much that was shown is remembered."""

Shown = tuple[bytes | None, bytes | None, bytes | None]
"""A request's ``host``, ``authorization`` and ``x-api-key``."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard(msgspec.Struct, frozen=True):
    """What decides who may pass.

    ``keys`` empty: everybody; ``hosts`` empty: any host name. ``virtual`` are keys that open the gateway alone. With ``sign_in`` people may
    sign in, and a request without a key must come from somebody who did.
    """

    keys: tuple[bytes, ...]
    hosts: frozenset[str]
    virtual: KeyIndex
    tickets: UploadTickets
    sign_in: SignIn | None = None
    admitted: set[Shown] = msgspec.field(default_factory=set)
    """What came with a key of the configuration before: clients show the same with each request."""

    @classmethod
    def of(cls, settings: Settings, virtual: KeyIndex, tickets: UploadTickets, sign_in: SignIn | None = None) -> "Guard":
        """Build the gate from settings. A wildcard address without a key was asked for with ``--insecure``: no host is checked then."""
        keys = tuple(key.reveal().encode() for key in settings.security.api_keys)
        host = settings.server.host
        if host in {"0.0.0.0", "::"} and not settings.security.allowed_hosts:  # noqa: S104 - compared, not bound
            return cls(keys, frozenset(), virtual, tickets, sign_in)
        public = urlsplit(settings.server.public_url or "").hostname
        hosts = frozenset({*LOOPBACK, host, *settings.security.allowed_hosts, *([public] if public else [])})
        return cls(keys, hosts, virtual, tickets, sign_in)

    def refuse_address(self, scope: HTTPScope) -> Refusal | None:
        """Put among a request's headers what its address shows in their place: a key, or the ticket of an upload. Say why a ticket is none."""
        path, query = scope["path"], scope["query_string"]
        if not query or not path.startswith(GOOGLE_PATHS):
            return None
        if (key := key_in_query(path, query)) is not None:
            scope["headers"] = [*scope["headers"], (b"x-goog-api-key", key)]
        try:
            if ticket := ticket_in_query(path, query):
                scope["headers"] = self.tickets.read(ticket).admits(scope["headers"])
        except UploadNotFound as error:
            return Refusal(status=error.status, code=error.code, message=error.message)
        return None

    async def admit(self, scope: HTTPScope, refusal: Refusal) -> tuple[Refusal | None, Caller | None]:
        """Look who sends a request that ``refuse`` refused for want of a key.

        Returns why it may not pass all the same, ``None`` when it may, and the caller, if somebody signed it.
        """
        if refusal.status != HTTPStatus.UNAUTHORIZED or self.sign_in is None:
            return refusal, None
        try:
            caller = await self.sign_in.find(scope)
        except TooManyAttempts as error:
            return too_many(error), None
        return (unknown(scope), None) if caller is None else (may_enter(caller, scope, self.sign_in.administrators), caller)

    def refuse(self, scope: HTTPScope) -> Refusal | None:
        """Say why a request may not pass, or ``None``. Health, readiness and version are open to all hosts and need no key."""
        if scope["path"] in OPEN_PATHS:
            return None
        headers = dict(scope["headers"])
        shown = (headers.get(b"host"), headers.get(b"authorization"), headers.get(b"x-api-key"))
        if shown in self.admitted and b"origin" not in headers:
            return None
        refusal = self._refuse_host(headers) or self._refuse_origin(scope["method"], headers)
        if refusal is None and self.sign_in is not None and (scope["path"] == SIGN_IN or scope["path"].startswith(LOOKS)):
            return None
        return refusal or self._refuse_key(scope, shown)

    def _refuse_host(self, headers: dict[bytes, bytes]) -> Refusal | None:
        host = headers.get(b"host", b"").decode("latin-1")
        if not self.hosts or not host or _hostname(host) in self.hosts:
            return None
        return Refusal(
            status=403,
            code="host_not_allowed",
            message=f"The host name {_hostname(host)!r} is not one of this server's.",
            hint="If it is, add it to security.allowed_hosts, or set server.public_url.",
        )

    def _refuse_origin(self, method: str, headers: dict[bytes, bytes]) -> Refusal | None:
        origin = headers.get(b"origin")
        if origin is None or method in SAFE_METHODS:
            return None
        name = urlsplit(origin.decode("latin-1")).netloc
        if name and (name == headers.get(b"host", b"").decode("latin-1") or _hostname(name) in self.hosts - LOOPBACK):
            return None
        return Refusal(
            status=403,
            code="origin_not_allowed",
            message="A page of another origin may not send this request.",
            hint="If that page is yours, add its host name to security.allowed_hosts.",
        )

    def _refuse_key(self, scope: HTTPScope, shown: Shown) -> Refusal | None:
        if not self.keys and not self.virtual and self.sign_in is None:
            return None
        presented = tuple(presented_keys(scope["headers"]))
        if any(self._known(key) for key in presented):
            self._remember(shown, presented)
            return None
        if (key := self.virtual.of(scope["headers"])) is not None:
            return _refuse_virtual(key, scope["path"])
        if not self.keys and self.sign_in is None and not any(looks_like_ours(key) for key in presented):
            return None
        return Refusal(
            status=401,
            code="invalid_api_key",
            message="This server needs one of its keys, and the request brought none that it knows.",
            hint="Send it as 'Authorization: Bearer KEY', as 'x-api-key: KEY', or as the password of HTTP Basic; security.api_keys lists them.",
            headers=(("www-authenticate", 'Basic realm="Tidegate", charset="UTF-8"'),),
        )

    def _remember(self, shown: Shown, presented: tuple[bytes, ...]) -> None:
        """Remember a request's key as admitted, if it is the only one that the request shows."""
        if len(presented) == 1 and any(shown[1:]):
            if len(self.admitted) >= REMEMBERED:
                self.admitted.clear()
            self.admitted.add(shown)

    def _known(self, key: bytes) -> bool:
        matches = [hmac.compare_digest(key, known) for known in self.keys]  # all of them: the time must not tell which one it was
        return any(matches)


def _refuse_virtual(key: VirtualKey, path: str) -> Refusal | None:
    """A virtual key opens the gateway, while it is valid."""
    state = key.state(datetime.now(UTC))
    if state != "active":
        return Refusal(
            status=401,
            code="invalid_api_key",
            message=f"The key {key.name!r} ({key.prefix}…) is {state}.",
            hint="Ask for another: `tidegate keys create`.",
        )
    if path.startswith(GATEWAY_PATHS) and not path.startswith(TELEMETRY_PATHS):
        return None
    return Refusal(
        status=403,
        code="key_not_allowed",
        message=f"The key {key.name!r} opens the gateway, and nothing at {path!r}.",
        hint="Send one of security.api_keys.",
    )


def _hostname(netloc: str) -> str:
    if netloc.startswith("["):
        return netloc.partition("]")[0] + "]"
    return netloc.partition(":")[0]


def guarded(app: ASGIApp, guard: Callable[[], Guard]) -> ASGIApp:
    """Wrap an application so that each HTTP request passes the gate first; the gate is asked for each time, as a reload replaces it.

    Whoever shows a key passes without a coroutine of the gate's own: each costs a request of the gateway half a microsecond.
    """

    def gate(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != ScopeType.HTTP:
            return app(scope, receive, send)
        if scope["path"].startswith("//"):  # before anything is decided by the path: MLflow's server takes such paths, too
            scope["path"] = "/" + scope["path"].lstrip("/")
        keeper = guard()
        refusal = keeper.refuse_address(scope) or keeper.refuse(scope)
        return app(scope, receive, send) if refusal is None else _admit(keeper, refusal, app, scope, receive, send)

    return gate


async def _admit(keeper: Guard, refusal: Refusal, app: ASGIApp, scope: HTTPScope, receive: Receive, send: Send) -> None:
    """Whoever shows no key may be signed in."""
    final, caller = await keeper.admit(scope, refusal)
    if final is not None:
        await answer(scope, final, send, caller)
        return
    token = CALLER.set(caller)
    try:
        await app(scope, receive, send)
    finally:
        CALLER.reset(token)


async def answer(scope: HTTPScope, refusal: Refusal, send: Send, caller: Caller | None = None) -> None:
    """Send a refusal in the dialect of its path; to a person who opens a page, as a page that says who they are."""
    told, body = _rendered(scope, refusal, caller)
    headers = [(name.encode(), value.encode()) for name, value in {**told, **dict(refusal.headers)}.items()]
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _rendered(scope: HTTPScope, refusal: Refusal, caller: Caller | None) -> tuple[Mapping[str, str], bytes]:
    """The headers and the body of a refusal."""
    if caller is not None and not has_dialect(scope["path"]) and _shows_pages(scope):
        from server.ui.pages.refusals import refusal_page  # a gateway's server may never show a page

        return refusal_page(scope, refusal, caller)
    content_type, body = render(scope["path"], refusal, scope["headers"])
    return {"content-type": content_type}, body


def _shows_pages(scope: HTTPScope) -> bool:
    return any(name == b"hx-request" or (name == b"accept" and b"text/html" in value) for name, value in scope["headers"])
