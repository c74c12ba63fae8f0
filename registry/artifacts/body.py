"""The body of a request that is a file: in pieces as they come, or, where it is large, straight from its connection into a file of ours."""

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final, cast

from typing_extensions import override

from registry.errors import BadRequest
from storage.blob_files import FileSource
from storage.unfinished import UnfinishedFile

__all__ = ("LARGE", "POUR", "ClientLeft", "HTTPScope", "Receive", "header", "received")

HTTPScope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Any]]

POUR: Final = "tidegate.pour"
"""The name, among a scope's extensions, of a function that moves the body of the request into a file, begins it and finishes it, so that nobody has
to receive it. It takes the ``Content-Length``, and is asked before anything is received; false when the client left. Raises the file's ``OSError``."""

Pour = Callable[[UnfinishedFile, int], Awaitable[bool]]

LARGE: Final = 1024 * 1024
"""Bytes from which on it is worth the while."""


class ClientLeft(Exception):
    """The connection ended within the body, so there is nobody to answer."""


def header(scope: HTTPScope, name: bytes) -> str | None:
    """A request header; names are lower-case."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), None)


def received(scope: HTTPScope, receive: Receive) -> AsyncIterable[bytes]:
    """The body of a request. Raises ``ClientLeft``, and ``BadRequest`` for a body of another length than its header says."""
    pour = cast("Pour | None", (scope.get("extensions") or {}).get(POUR))
    said = header(scope, b"content-length") or ""
    if pour is not None and said.isascii() and said.isdigit() and int(said) >= LARGE:
        return _LargeBody(scope, receive, pour, int(said))
    return _pieces(scope, receive)


class _LargeBody(FileSource):
    """Both ways are open, whichever is taken first."""

    def __init__(self, scope: HTTPScope, receive: Receive, pour: Pour, size: int) -> None:
        super().__init__(size)
        self._scope = scope
        self._receive = receive
        self._pour = pour

    @override
    def __aiter__(self) -> AsyncIterator[bytes]:
        return _pieces(self._scope, self._receive)

    @override
    async def pour(self, file: UnfinishedFile) -> None:
        if not await self._pour(file, self.size):
            raise ClientLeft


async def _pieces(scope: HTTPScope, receive: Receive) -> AsyncIterator[bytes]:
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientLeft
        size += len(message["body"])
        if not message["more_body"]:
            _check_length(header(scope, b"content-length"), size)
        if message["body"]:
            yield message["body"]
        if not message["more_body"]:
            return


def _check_length(said: str | None, size: int) -> None:
    if said is not None and said != str(size):
        raise BadRequest(f"The body has {size} bytes, and its Content-Length says {said}.")
