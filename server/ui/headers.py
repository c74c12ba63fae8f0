"""What a browser is told never to do with our pages, and which requests may change something."""

from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

from litestar.datastructures import MutableScopeHeaders
from litestar.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ("FRAMED_HEADERS", "SECURITY_HEADERS", "is_same_origin", "security_headers")

_POLICY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
}


def _policy(rules: Mapping[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in rules.items())


SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": _policy(_POLICY),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


FRAMED_HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": _policy({**_POLICY, "frame-ancestors": "*", "script-src": "'none'", "form-action": "'none'"}),
    "cross-origin-resource-policy": "cross-origin",
}
"""Of the one page that notebooks show in a frame: it runs no script and sends no form."""


def security_headers(app: ASGIApp) -> ASGIApp:
    """Put ``SECURITY_HEADERS`` on whatever ``app`` answers, errors included; a header that is already there stays.

    It is ASGI, not an ``after_request`` hook, because hooks do not run for answers that come from an exception.
    """

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                headers = MutableScopeHeaders.from_message(message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await app(scope, receive, send_with_headers)

    return guarded


def is_same_origin(headers: Mapping[str, str], hosts: Iterable[str]) -> bool:
    """Whether a page of ours sent this request, as its browser says; a client that is no browser says nothing and is believed.

    ``hosts`` are the ``Host`` values under which this server is known.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc in set(hosts)
