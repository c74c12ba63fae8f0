"""OpenAI's API under other paths: those of MLflow's gateway, and Azure's. By the name of an endpoint: ``invocations.py``; of a deployment: ``azure.py``."""

from typing import Final, cast

from litestar import Router, asgi, get
from litestar.types import HTTPScope, Receive, Scope, Send

from gateway.service import Gateway
from gateway.surfaces.listing import openai_models
from gateway.surfaces.openai import Surface
from gateway.surfaces.paths import OPENAI_PREFIXES
from gateway.types import Operation

__all__ = ("router",)

PREFIXES: Final = ("/gateway/mlflow/v1", *OPENAI_PREFIXES[1:])


def router(gateway: Gateway, max_body_bytes: int = 100 * 1024 * 1024) -> Router:
    """The paths of this dialect."""
    surface = Surface(gateway, max_body_bytes)

    @asgi([f"{prefix}/chat/completions" for prefix in PREFIXES], copy_scope=False)
    async def chat(scope: Scope, receive: Receive, send: Send) -> None:
        await surface.serve(Operation.CHAT, cast("HTTPScope", scope), receive, send)

    @asgi([f"{prefix}/embeddings" for prefix in PREFIXES], copy_scope=False)
    async def embeddings(scope: Scope, receive: Receive, send: Send) -> None:
        await surface.serve(Operation.EMBEDDINGS, cast("HTTPScope", scope), receive, send)

    @get([f"{prefix}/models" for prefix in PREFIXES], sync_to_thread=False)
    def models() -> dict[str, object]:
        return openai_models(gateway)

    return Router("/", route_handlers=[chat, embeddings, models], include_in_schema=False)
