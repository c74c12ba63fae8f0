"""Paths of a client that go on to an upstream: never to anywhere but beneath its base URL, and never with a key of the client's."""

import re
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode

from litestar.types import HTTPScope

from gateway.errors import InvalidRequest

__all__ = ("OPENAI_PREFIXES", "asked_path", "named_provider", "openai_path", "upstream_path")

OPENAI_PREFIXES: Final = ("/v1", "/gateway/openai/v1", "/openai/v1", "/openai")
"""Where OpenAI's API stands: its own, MLflow's, and both of Azure's."""

SECRET: Final = frozenset({"key", "api_key", "api-key", "access_token", "token", "provider"})
"""Members of a query that are meant for us, or for nobody."""

_DOTS: Final = frozenset({".", ".."})
_FORBIDDEN: Final = re.compile(r"[\x00-\x20\x7f\\]")
PROVIDER: Final = b"x-tidegate-provider"
_VERSION: Final = frozenset({"api-version"})


def asked_path(scope: HTTPScope) -> str:
    """The whole path that is asked for: beneath a mount the framework cuts off what leads there."""
    return unquote(scope["raw_path"].partition(b"?")[0].decode("latin-1"))


def upstream_path(scope: HTTPScope, prefix: str, without: frozenset[str] = frozenset()) -> str:
    """The request's path behind ``prefix``, with its query but for ``without``. Raises ``InvalidRequest`` for one that would lead elsewhere."""
    raw = scope["raw_path"].decode("latin-1").partition("?")[0] if scope.get("raw_path") else quote(scope["path"])
    path = raw[raw.find(prefix) + len(prefix) :].rstrip("/") if prefix in raw else ""
    segments = path.split("/")[1:]
    if not path.startswith("/") or "" in segments or _FORBIDDEN.search(unquote(path)) or any(_leads_away(each) for each in segments):
        raise InvalidRequest(f"The path {path!r} cannot be passed on: it may have no empty or dotted segment.")
    kept_back = SECRET | without
    query = [
        (name, value) for name, value in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True) if name not in kept_back
    ]
    return path + (f"?{urlencode(query)}" if query else "")


def openai_path(scope: HTTPScope) -> str:
    """The request's path behind those of ``OPENAI_PREFIXES``, with its query but for the version of Azure's API. Raises as ``upstream_path``."""
    asked = asked_path(scope)
    if not asked.startswith("/openai/"):
        return upstream_path(scope, "/v1")
    return upstream_path(scope, "/openai/v1" if asked.startswith("/openai/v1/") else "/openai", without=_VERSION)


def named_provider(scope: HTTPScope) -> str:
    """The provider that a header, or the query, names; ``""`` when neither does."""
    header = next((value.decode("latin-1") for name, value in scope["headers"] if name == PROVIDER), "")
    return header or dict(parse_qsl(scope["query_string"].decode("latin-1"))).get("provider", "")


def _leads_away(segment: str) -> bool:
    """Dots, however often they are encoded: a server further on may decode once more."""
    plain = unquote(unquote(segment))
    return plain in _DOTS or any(part in _DOTS for part in re.split(r"[/\\]", plain))
