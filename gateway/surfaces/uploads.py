"""Uploads of Google's: begun with a key, and gone on with at the address that the answer names, which is one of ours that holds a ticket.

The resumable protocol: https://ai.google.dev/api/files#method:-media.upload
"""

from typing import Any, Final, cast
from urllib.parse import urlsplit

from litestar.types import HTTPScope, Message, Send

from gateway.keys.tickets import UploadTickets
from gateway.surfaces.paths import asked_path

__all__ = ("Readdressed",)

_ADDRESSES: Final = frozenset({b"x-goog-upload-url", b"x-goog-upload-control-url"})
_PLACE: Final = "/upload/"


class Readdressed:
    """Implements ASGI's ``send`` for the beginning of an upload to ``provider``: the vendor's addresses become ours.

    ``base`` is ours without a path, and ``path`` that of the request. An address that is none of an upload is left out.
    """

    def __init__(self, send: Send, tickets: UploadTickets, scope: HTTPScope, provider: str, base: str) -> None:
        self._send = send
        self._tickets = tickets
        self._provider = provider
        self._headers = scope["headers"]
        self._address = (base or _seen(scope)).rstrip("/") + _public(asked_path(scope))

    async def __call__(self, message: Message) -> None:
        """Implements ASGI's ``send``."""
        if message["type"] == "http.response.start":
            headers = [self._ours(name, value) for name, value in message["headers"]]
            message = cast("Message", {**cast("dict[str, Any]", message), "headers": [header for header in headers if header is not None]})
        await self._send(message)

    def _ours(self, name: bytes, value: bytes) -> tuple[bytes, bytes] | None:
        if name not in _ADDRESSES:
            return name, value
        url = urlsplit(value.decode("latin-1"))
        if _PLACE not in url.path:
            return None
        place = url.path[url.path.index(_PLACE) :]  # what stands before it is the provider's to know
        ticket = self._tickets.write(self._provider, f"{place}?{url.query}", self._headers)
        return name, f"{self._address}?upload_id={ticket}&upload_protocol=resumable".encode()


def _seen(scope: HTTPScope) -> str:
    """Our address, as the client knows it."""
    host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
    return f"{scope['scheme']}://{host}"


def _public(path: str) -> str:
    """Where parts are sent: the path of the beginning, or for one that was passed through raw what it has behind the provider's name."""
    return path[path.index(_PLACE) :] if path.startswith("/passthrough/") else path
