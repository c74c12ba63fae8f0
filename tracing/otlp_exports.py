"""What an OTLP exporter is answered: its spans go into the journal, and it is told which were refused."""

import asyncio
from typing import Any, Final

import msgspec
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status as RpcStatus
from litestar import Request, Response
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from tracing.errors import JournalFull, TracingError
from tracing.ingest import SpanSink, Taken
from tracing.otlp import JSON, PROTOBUF, decode, inflate
from tracing.placement import EXPERIMENT_HEADER, RUN_HEADER, Placement, PlacementRefused
from tracing.types import Span

__all__ = ("take_export",)

_RPC_CODES: Final = {400: 3, 413: 8, 415: 3, 503: 14}
_SMALL: Final = 64 * 1024
"""Bytes that are decoded faster than a thread is found."""


async def take_export(request: Request[Any, Any, Any], sink: SpanSink, placement: Placement) -> Response[bytes]:
    """Journal the spans of a request. Refusals are said as OTLP says them, or as MLflow does where its header names an experiment."""
    content_type = request.headers.get("content-type", "")
    experiment = request.headers.get(EXPERIMENT_HEADER)
    try:
        body = await request.body()
        spans = await _decoded(body, request.headers.get("content-encoding", ""), content_type)
        place = await placement.find(experiment, request.headers.get(RUN_HEADER), spans) if experiment is not None else None
        if place is None:
            await placement.check_unplaced(spans)
        taken = sink.take(spans)
        if taken.full:
            raise JournalFull("the journal is full: storage is away or too slow", hint="send the same spans again later")
        if place is not None:
            placement.keep(place, spans)
        elif taken.duplicates == len(spans):
            placement.refuse_unplaced(spans)
    except PlacementRefused as refusal:
        return Response(msgspec.json.encode(refusal.body), status_code=refusal.status, media_type=JSON)
    except TracingError as error:
        return _failure(error, content_type) if experiment is None or error.status >= 500 else _detail(error)
    return _encoded(_answer(taken), content_type, 200)


async def _decoded(body: bytes, encoding: str, content_type: str) -> list[Span]:
    if len(body) <= _SMALL and not encoding:
        return decode(body, content_type)
    return await asyncio.to_thread(lambda: decode(inflate(body, encoding), content_type))


def _answer(taken: Taken) -> ExportTraceServiceResponse:
    answer = ExportTraceServiceResponse()
    if taken.rejected:
        answer.partial_success.rejected_spans = sum(taken.rejected.values())
        answer.partial_success.error_message = "; ".join(f"{reason} ({count})" for reason, count in taken.rejected.items())
    return answer


def _detail(error: TracingError) -> Response[bytes]:
    """A refusal in the words of MLflow's server."""
    body = msgspec.json.encode({"detail": f"{error.message}. {error.hint}".rstrip(". ")})
    return Response(body, status_code=413 if error.status == 413 else 400, media_type=JSON)


def _failure(error: TracingError, content_type: str) -> Response[bytes]:
    status = RpcStatus(code=_RPC_CODES.get(error.status, 2), message=f"{error.message}. {error.hint}".rstrip(". "))
    response = _encoded(status, content_type, error.status)
    if error.status == 503:
        response.headers["retry-after"] = "5"
    return response


def _encoded(message: Message, content_type: str, status: int) -> Response[bytes]:
    """In the encoding of the request; JSON when that was neither."""
    if "protobuf" in content_type:
        return Response(message.SerializeToString(), status_code=status, media_type=PROTOBUF)
    return Response(MessageToJson(message, indent=None).encode(), status_code=status, media_type=JSON)
