"""Artifacts over HTTP, where a body is a file: plain ASGI, so that pieces go straight between the connection and the store."""

import re
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from typing import Final
from urllib.parse import parse_qs

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from registry.artifacts.body import ClientLeft, received
from registry.artifacts.service import ArtifactService, FoundFile
from registry.artifacts.transfer import send_file
from registry.errors import BadRequest, InvalidParameterValue, PermissionDenied
from registry.wire.routes import MethodNotAllowed, refuse, reply

__all__ = ("with_artifacts",)

STORED: Final = re.compile(r"/(?:ajax-)?api/2\.0/mlflow-artifacts/artifacts/(.+)", re.DOTALL)
OF_MODEL: Final = re.compile(r"/(?:ajax-)?api/2\.0/mlflow/logged-models/([^/]+)/artifacts/files")
UPLOAD: Final = "/ajax-api/2.0/mlflow/upload-artifact"
MAX_UPLOAD: Final = 10 * 1024 * 1024
"""Bytes that MLflow's own page may send; the client sends files of any size to the tree itself."""

Handler = Callable[[HTTPScope, Receive, Send], Awaitable[None]]


def with_artifacts(app: ASGIApp, service: ArtifactService, stored: Callable[[str], Awaitable[None]] | None = None) -> ASGIApp:
    """Answer the paths of files, and leave all others to ``app``. ``stored`` is told the path of each file that a client has stored."""
    routes = _Routes(service, stored or _nobody_told)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and (handler := routes.find(scope["path"])) is not None:
            await _guarded(handler, scope, receive, send)
        else:
            await app(scope, receive, send)

    return serve


async def _guarded(handler: Handler, scope: HTTPScope, receive: Receive, send: Send) -> None:
    started = False

    async def watched(message: object) -> None:
        nonlocal started
        started = True
        await send(message)  # type: ignore[arg-type]  # passed on as it came

    try:
        await handler(scope, receive, watched)
    except ClientLeft:
        return
    except Exception as error:
        if started:  # a status was sent already: a connection that breaks is the one honest sign left
            raise
        await refuse(error, scope, send)


async def _nobody_told(_path: str) -> None:
    return


class _Routes:
    """Which handler a path means."""

    def __init__(self, service: ArtifactService, stored: Callable[[str], Awaitable[None]]) -> None:
        self._service = service
        self._was_stored = stored
        self._plain: dict[str, Handler] = {
            "/get-artifact": self._of_run,
            "/model-versions/get-artifact": self._of_version,
            UPLOAD: self._upload,
        }

    def find(self, path: str) -> Handler | None:
        """The handler of a path, ``None`` for one that is not a file's."""
        if (handler := self._plain.get(path)) is not None:
            return handler
        if found := STORED.fullmatch(path):
            return self._stored(found[1])
        if found := OF_MODEL.fullmatch(path):
            return self._of_model(found[1])
        return None

    def _stored(self, path: str) -> Handler:
        async def handle(scope: HTTPScope, receive: Receive, send: Send) -> None:
            tree = self._service.own
            match scope["method"]:
                case "GET" | "HEAD":
                    await send_file(scope, receive, send, tree, path)
                case "PUT" | "DELETE" if self._service.is_kept(path):
                    raise PermissionDenied("Skill upload content is immutable; register a new version instead")
                case "PUT":
                    await tree.write(path, received(scope, receive))
                    await self._was_stored(path)
                    await reply(200, b"{}", send)
                case "DELETE":
                    await tree.delete(path)
                    await reply(200, b"{}", send)
                case method:
                    raise MethodNotAllowed(f"{method} is not answered at {scope['path']}; allowed: GET, PUT, DELETE.")

        return handle

    async def _of_run(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        run_id = _argument(scope, "run_id", "run_uuid")
        await _send(scope, receive, send, await self._service.file_of_run(run_id, _argument(scope, "path")))

    async def _of_version(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        name, version = _argument(scope, "name"), _argument(scope, "version")
        await _send(scope, receive, send, await self._service.file_of_version(name, version, _argument(scope, "path")))

    def _of_model(self, model_id: str) -> Handler:
        async def handle(scope: HTTPScope, receive: Receive, send: Send) -> None:
            path = _arguments(scope).get("artifact_file_path")
            if not path:
                raise BadRequest('Request must include the "artifact_file_path" query parameter.')
            await _send(scope, receive, send, await self._service.file_of_logged_model(model_id, path[0]))

        return handle

    async def _upload(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            raise MethodNotAllowed(f"{scope['method']} is not answered at {scope['path']}; allowed: POST.")
        run_id, path = _argument(scope, "run_id", "run_uuid"), _argument(scope, "path")
        tree, place = await self._service.file_of_run(run_id, path)
        await tree.write(place, _small(received(scope, receive)))
        await reply(200, b"", send)


async def _send(scope: HTTPScope, receive: Receive, send: Send, found: FoundFile) -> None:
    if scope["method"] not in {"GET", "HEAD"}:
        raise MethodNotAllowed(f"{scope['method']} is not answered at {scope['path']}; allowed: GET.")
    await send_file(scope, receive, send, *found)


async def _small(pieces: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The pieces of an upload from a page, which is refused when it is empty or larger than ``MAX_UPLOAD``."""
    size = 0
    async for piece in pieces:
        size += len(piece)
        if size > MAX_UPLOAD:
            raise InvalidParameterValue("Artifact size is too large. Max size is 10MB.")
        yield piece
    if not size:
        raise InvalidParameterValue("Request must specify data.")


def _arguments(scope: HTTPScope) -> dict[str, list[str]]:
    return parse_qs(scope["query_string"].decode("latin-1"))


def _argument(scope: HTTPScope, name: str, older: str = "") -> str:
    given = _arguments(scope)
    values = given.get(name) or given.get(older)
    if values is None:
        raise InvalidParameterValue(f"Request must specify {f'{name} or {older}' if older else name}.")
    return values[0]
