"""``POST /v1/traces``: OTLP over HTTP, protobuf and JSON."""

from typing import Any

from litestar import Request, Response, Router, post

from tracing.ingest import SpanSink
from tracing.placement import Placement

__all__ = ("router",)


def router(sink: SpanSink, placement: Placement) -> Router:
    """The path of OTLP. The answer says which spans were refused, and why; it comes after the others are in the journal.

    With MLflow's header the spans go into an experiment, and what is wrong is said as MLflow says it.
    """

    @post("/v1/traces", status_code=200)
    async def export(request: Request[Any, Any, Any]) -> Response[bytes]:
        from tracing.otlp_exports import take_export  # protobuf's modules are loaded by who is sent spans

        return await take_export(request, sink, placement)

    return Router("/", route_handlers=[export], include_in_schema=False)
