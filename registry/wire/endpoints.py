"""The table of endpoints, and which of them a path means."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, Generic, NamedTuple, TypeVar

from registry.wire.decode import Decoder
from registry.wire.messages import Message
from registry.wire.plain import PlainDecoder, PlainMessage

__all__ = ("PREFIXES", "Endpoint", "Found", "Table")

M = TypeVar("M", bound=Message)
PREFIXES: Final = ("/api", "/ajax-api")
"""Clients use the first, MLflow's own pages the second."""

_PARAMETER: Final = re.compile(r"\\\{(\w+)(:path)?\\\}")


class Endpoint(Generic[M]):
    """One row: ``path`` is what follows the prefix (``/2.0/mlflow/runs/get``), ``handler`` takes the message and gives the answer.

    With ``download``, the answer is a file of that name for a browser. ``status`` is that of a good answer; 204 has no body.
    """

    __slots__ = ("decoder", "download", "handler", "method", "path", "request", "status")

    def __init__(
        self,
        method: str,
        path: str,
        request: type[M],
        handler: Callable[[M], Awaitable[Message | None]],
        *,
        download: str = "",
        status: int = 200,
    ) -> None:
        self.method = method
        self.path = path
        self.request = request
        self.handler = handler
        self.download = download
        self.status = status
        self.decoder: Decoder[Any] | PlainDecoder[Any] = PlainDecoder(request) if issubclass(request, PlainMessage) else Decoder(request)


class Found(NamedTuple):
    """What a path means: endpoints by method, and the parameters in it."""

    methods: Mapping[str, Endpoint[Any]]
    parameters: Mapping[str, str]


class Table:
    """All endpoints. Raises ``ValueError`` when two of them claim one method and path."""

    def __init__(self, endpoints: Iterable[Endpoint[Any]]) -> None:
        self._plain: dict[str, Found] = {}
        self._patterns: list[tuple[re.Pattern[str], dict[str, Endpoint[Any]]]] = []
        self.endpoints = tuple(endpoints)
        paths: dict[str, dict[str, Endpoint[Any]]] = {}
        for endpoint in self.endpoints:
            methods = paths.setdefault(endpoint.path, {})
            if endpoint.method in methods:
                raise ValueError(f"{endpoint.method} {endpoint.path} is in the table of endpoints twice")
            methods[endpoint.method] = endpoint
        for path, methods in paths.items():
            self._add(path, methods)

    def find(self, path: str, method: str = "") -> Found | None:
        """The endpoints at a path that begins with one of ``PREFIXES``. Of several that fit, the first that answers ``method`` is meant."""
        if (found := self._plain.get(path)) is not None and (not method or method in found.methods):
            return found
        for pattern, methods in self._patterns:
            if match := pattern.fullmatch(path):
                found = found or Found(methods, match.groupdict())
                if not method or method in methods:
                    return Found(methods, match.groupdict())
        return found

    def _add(self, path: str, methods: dict[str, Endpoint[Any]]) -> None:
        if "{" not in path:
            self._plain.update({prefix + path: Found(methods, {}) for prefix in PREFIXES})
            return
        expression = _PARAMETER.sub(lambda found: f"(?P<{found[1]}>{'.+' if found[2] else '[^/]+'})", re.escape(path))
        self._patterns.append((re.compile(f"(?:{'|'.join(PREFIXES)}){expression}"), methods))
