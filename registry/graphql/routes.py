"""``POST /graphql``. Decode, call, encode."""

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar import Request, Response, Router, post

from registry.errors import BadRequest
from registry.graphql.types import Query
from registry.wire.encode import encode_error
from tracing.unreadable import UNREADABLE

__all__ = ("router",)


def router(ask: Callable[[Any], Awaitable[Any]]) -> Router:
    """The route. ``ask`` gives an endpoint's answer to a message."""

    @post("/graphql", status_code=200, include_in_schema=False)
    async def graphql(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Answered with 200 whatever becomes of the query, unless the body holds none."""
        try:
            query = msgspec.json.decode(await request.body(), type=Query)
        except UNREADABLE as error:
            refusal = BadRequest(f'The body must be JSON: {{"query": "…", "variables": {{}}, "operationName": "…"}}. {error}')
            return Response(encode_error(refusal), status_code=refusal.status, media_type="application/json")
        # The engine takes a tenth of a second to import, and most servers are never asked.
        engine = await asyncio.to_thread(importlib.import_module, "registry.graphql.engine")
        return Response(msgspec.json.encode(await engine.answer(query, ask)), media_type="application/json")

    return Router("/", route_handlers=[graphql])
