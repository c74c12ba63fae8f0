"""Gemini's API, as its SDKs speak it: ``/v1beta/models/{model}:generateContent``, its stream, its count of tokens, and embeddings.

What Google keeps for an account, files and cached contents, stands beneath the same paths, and uploads beneath ``/upload``: ``google_account``.
The same models are asked for in Vertex AI's words, too: ``google_cloud``.

A model's name may hold slashes here: ``models/anthropic/claude-haiku-4-5:generateContent``.
"""

import re
from http import HTTPStatus
from typing import Any, Final, cast
from urllib.parse import parse_qs

import msgspec
from litestar import Router, asgi, post, route
from litestar.enums import HttpMethod
from litestar.params import FromPath
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from msgspec.structs import replace
from typing_extensions import override

from gateway.dialects.gemini.embedding import as_batch, as_single, is_batch
from gateway.dialects.types import DialectName
from gateway.errors import InvalidRequest, PathNotFound
from gateway.render import refused
from gateway.service import Gateway
from gateway.sse import EventParser
from gateway.surfaces.google_account import GOOGLE, GoogleAccount, kept_at
from gateway.surfaces.google_cloud import VERTEX, in_cloud, method_at, not_here
from gateway.surfaces.listing import gemini_model, gemini_models
from gateway.surfaces.openai import Surface, send_error, send_whole
from gateway.surfaces.paths import asked_path
from gateway.types import Inbound, Operation, Reply

__all__ = ("ArraySend", "router")

PREFIXES: Final = ("/v1beta", "/gemini/v1beta", "/gemini/v1", "/gateway/gemini/v1beta")
CLOUDS: Final = ("/v1beta1", "/gemini/v1beta1", "/gateway/gemini/v1beta1", "/v1/publishers")
IN_PROJECT: Final = "/v1/projects/{project:str}/locations/{path:path}"  # more of the projects of the first version is OpenAI's
KEPT: Final = ("/v1/cachedContents", "/v1/fileSearchStores", "/v1/operations")
UPLOADS: Final = ("/upload", "/gemini/upload", "/gateway/gemini/upload")
METHODS: Final = ("generateContent", "streamGenerateContent", "countTokens", "embedContent", "batchEmbedContents")
EMBEDS: Final = METHODS[3:]
_ACTION: Final = re.compile(r".*?/v1(?:beta)?/models/(?P<model>.+):(?P<method>[A-Za-z]+)")
_LIST: Final = re.compile(r".*?/v1(?:beta)?/models/?")
_ONE: Final = re.compile(r".*?/v1(?:beta)?/models/(?P<model>.+)")


def router(gateway: Gateway, account: GoogleAccount, max_body_bytes: int = 100 * 1024 * 1024) -> Router:
    """The paths of this dialect. ``account`` answers what passes to Google as it is."""
    paths = _Paths(gateway, account, GeminiSurface(gateway, max_body_bytes, DialectName.GEMINI))

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await paths.serve(cast("HTTPScope", scope), receive, send)

    models = asgi([*PREFIXES, *CLOUDS], is_mount=True, copy_scope=False)(answer)

    @asgi(list(UPLOADS), is_mount=True, copy_scope=False)
    async def uploads(scope: Scope, receive: Receive, send: Send) -> None:
        await account.upload(cast("HTTPScope", scope), receive, send)

    @asgi(list(KEPT), is_mount=True, copy_scope=False)  # more of the first version's is OpenAI's, too: whoever has that hands it on
    async def kept(scope: Scope, receive: Receive, send: Send) -> None:
        await account.kept(cast("HTTPScope", scope), receive, send)

    @post("/v1/models/{action:path}")  # the other methods of this path are OpenAI's
    async def first_version(action: FromPath[str]) -> ASGIApp:
        return answer

    @route(IN_PROJECT, http_method=[HttpMethod.GET, HttpMethod.POST, HttpMethod.PATCH, HttpMethod.DELETE])
    async def in_project(project: FromPath[str], path: FromPath[str]) -> ASGIApp:
        return answer

    return Router("/", route_handlers=[models, uploads, kept, first_version, in_project], include_in_schema=False)


class _Paths:
    """Whose a path is: a model's, Google's account's, or nobody's."""

    def __init__(self, gateway: Gateway, account: GoogleAccount, surface: Surface) -> None:
        self._gateway = gateway
        self._account = account
        self._surface = surface

    async def serve(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Answer a request below one of the prefixes."""
        path = asked_path(scope)
        if in_cloud(path):
            await self._serve_cloud(path, scope, receive, send)
            return
        action = _ACTION.fullmatch(path)
        if action is not None and action["method"] in METHODS:
            await _act(self._surface, action["method"], action["model"], scope, receive, send)
        elif kept_at(path):
            await self._account.kept(scope, receive, send)
        elif action is not None and self._gateway.is_made_by(GOOGLE, action["model"]):
            await self._account.beside(action["method"], action["model"], scope, receive, send)
        elif _LIST.fullmatch(path) and scope["method"] == "GET":
            await _send_json(gemini_models(self._gateway), send)
        elif (found := _ONE.fullmatch(path)) is not None and scope["method"] == "GET" and self._gateway.knows(found["model"]):
            await _send_json(gemini_model(found["model"]), send)
        else:
            await send_error(_not_found(path), send, DialectName.GEMINI)

    async def _serve_cloud(self, path: str, scope: HTTPScope, receive: Receive, send: Send) -> None:
        method, model = method_at(path) or ("", "")
        if method in METHODS:
            await _act(self._surface, method, model, scope, receive, send)
        elif kept_at(path):
            await self._account.kept(scope, receive, send)
        elif method and self._gateway.is_made_by(VERTEX, model):
            await self._account.beside(method, model, scope, receive, send)
        else:
            await send_error(not_here(path), send, DialectName.GEMINI)


class GeminiSurface(Surface):
    """Takes a request for one embedding as a batch of one."""

    @override
    async def handle(self, inbound: Inbound) -> Reply:
        if inbound.operation is not Operation.EMBEDDINGS:
            return await super().handle(inbound)
        try:
            batch = is_batch(inbound.body)
        except InvalidRequest as error:
            return refused(error, dialect=inbound.dialect)
        if batch:
            return await super().handle(inbound)
        reply = await super().handle(replace(inbound, body=as_batch(inbound.body)))
        return reply if reply.status != HTTPStatus.OK else replace(reply, body=as_single(reply.body))


def _not_found(path: str) -> PathNotFound:
    return PathNotFound(
        f"There is no {path!r} here: write …/models/MODEL:METHOD with a METHOD out of {', '.join(METHODS)}, "
        "or …/files, …/cachedContents, …/batches, …/fileSearchStores."
    )


async def _act(surface: Surface, method: str, model: str, scope: HTTPScope, receive: Receive, send: Send) -> None:
    if method == "countTokens":
        await surface.count(scope, receive, send, lambda tokens: {"totalTokens": tokens}, model=model)
        return
    if method in EMBEDS:
        await surface.serve(Operation.EMBEDDINGS, scope, receive, send, model=model)
        return
    stream = method == "streamGenerateContent"
    query = parse_qs(scope["query_string"].decode("latin-1"))
    if stream and query.get("alt") != ["sse"]:
        send = ArraySend(send)
    await surface.serve(Operation.CHAT, scope, receive, send, model=model, stream=stream)


async def _send_json(value: object, send: Send) -> None:
    headers = [(b"content-type", b"application/json")]
    await send_whole(Reply(status=200, headers=headers, trace_id="", body=msgspec.json.encode(value)), send)


class ArraySend:
    """A stream as one JSON array, which is what clients get that do not ask for ``alt=sse``. A broken one ends with the error as its last element."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._parser: EventParser | None = None
        self._begun = False

    async def __call__(self, message: Message) -> None:
        """Implements ASGI's ``send``."""
        if message["type"] == "http.response.start":
            await self._start(cast("dict[str, Any]", message))
        elif message["type"] == "http.response.body" and self._parser is not None:
            await self._body(self._parser, cast("dict[str, Any]", message))
        else:
            await self._send(message)

    async def _start(self, message: dict[str, Any]) -> None:
        headers = message["headers"]
        if any(name == b"content-type" and value.startswith(b"text/event-stream") for name, value in headers):
            self._parser = EventParser()
            headers = [(b"content-type", b"application/json"), *(header for header in headers if header[0] != b"content-type")]
        await self._send(cast("Message", {**message, "headers": headers}))

    async def _body(self, parser: EventParser, message: dict[str, Any]) -> None:
        events = list(parser.feed(message["body"]))
        if not message["more_body"]:
            events += parser.end()
        pieces: list[bytes] = []
        for event in events:
            if event.data is not None:
                pieces.append((b",\r\n" if self._begun else b"[") + event.data)
                self._begun = True
        if not message["more_body"]:
            pieces.append(b"]" if self._begun else b"[]")
        await self._send(cast("Message", {**message, "body": b"".join(pieces)}))
