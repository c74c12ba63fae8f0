"""Who asks for a change of the registry, and why: read from the request, and known to whatever runs for it.

MLflow's client sends the name as the user of HTTP Basic; it is what was said, not what was proven. The reason comes in
``x-tidegate-reason``, percent-encoded where it is not ASCII, for requests whose bodies have no place for one.
"""

import base64
import binascii
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from registry.access.types import CALLER
from registry.actor import Actor, acting

__all__ = ("actor_of", "with_actor")

STARTS: Final = ("/api/", "/ajax-api/")
READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_NAME: Final = 256
MAX_REASON: Final = 2_000


def with_actor(app: ASGIApp) -> ASGIApp:
    """Run requests that may change something with their ``Actor``."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] in READS or not scope["path"].startswith(STARTS):
            await app(scope, receive, send)
            return
        with acting(actor_of(scope["headers"])):
            await app(scope, receive, send)

    return serve


def actor_of(headers: Iterable[tuple[bytes, bytes]]) -> Actor:
    """The name and the reason that a request brings."""
    name = reason = ""
    for header, value in headers:
        if header == b"authorization":
            name = _basic_user(value)
        elif header == b"x-tidegate-reason":
            reason = unquote(value.decode("latin-1"))[:MAX_REASON]
    caller = CALLER.get()
    return Actor(caller.user.username if caller else name, reason.replace("\x00", ""))


def _basic_user(value: bytes) -> str:
    scheme, _, credentials = value.partition(b" ")
    if scheme.lower() != b"basic":
        return ""
    try:
        user = base64.b64decode(credentials, validate=True).partition(b":")[0].decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return user[:MAX_NAME].replace("\x00", "")
