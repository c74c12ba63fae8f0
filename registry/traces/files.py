"""Spans that come as a file: MLflow's clients store ``traces.json`` beside a trace whose spans their exporter did not send.

The client for TypeScript always does; that for Python where OTLP has no form for a value, as for an integer of more than 64 bits.
"""

import asyncio
import base64
import logging
import re
from typing import Any, Final

import msgspec

from registry.artifacts.tree import ArtifactTree
from registry.errors import ResourceDoesNotExist
from registry.traces.identifiers import stored_id
from registry.traces.known import ARTIFACTS, KnownTrace
from registry.traces.placement import ExperimentPlacement
from registry.traces.reading import TraceReader
from tracing.errors import JournalFull
from tracing.ingest import SpanSink
from tracing.placement import Place
from tracing.types import Attribute, Span, SpanEvent, SpanLink, Status

__all__ = ("SpanFiles", "spans_of_file")

logger = logging.getLogger(__name__)
MAX_FILE: Final = 64 * 1024 * 1024
"""Bytes that are read into memory; a larger file stays a file."""

_PATH: Final = re.compile(r"((?:.+/)?traces/([^/]+)/artifacts)/traces\.json")
_CODES: Final = {"STATUS_CODE_OK": Status.OK, "STATUS_CODE_ERROR": Status.ERROR}


class SpanFiles:
    """Reads spans out of files on their way into ``tree``."""

    def __init__(self, tree: ArtifactTree, reader: TraceReader, sink: SpanSink, placement: ExperimentPlacement) -> None:
        self._tree = tree
        self._reader = reader
        self._sink = sink
        self._placement = placement

    async def stored(self, path: str) -> None:
        """A file was stored here. If it holds the spans of the trace that it lies beside, they are taken as if they had been sent.

        Raises ``JournalFull``: the same file may be sent again later.
        """
        found = _PATH.fullmatch(path)
        if found is None or (trace := await self._trace(found[2], f"mlflow-artifacts:/{found[1]}")) is None:
            return
        size = (await self._tree.find(path)).size
        if size > MAX_FILE:
            logger.warning("the spans of a trace stay in their file: it has more than %d bytes", MAX_FILE)
            return
        content = b"".join([piece async for piece in await self._tree.read(path, 0, size)])
        spans = await asyncio.to_thread(spans_of_file, content, trace.trace_id)
        if trace.summary is not None and trace.summary.span_count >= len(spans):
            return
        taken = self._sink.take(spans)
        if taken.full:
            raise JournalFull("the journal is full: storage is away or too slow", hint="send the same file again later")
        for reason, count in taken.rejected.items():
            logger.warning("%d spans of a trace stay in their file: %s", count, reason)
        self._placement.keep(Place(trace.experiment_id, None), spans)

    async def _trace(self, trace_id: str, place: str) -> KnownTrace | None:
        """The trace of this name, if this is where its files are."""
        try:
            trace = await self._reader.one(trace_id)
        except ResourceDoesNotExist:
            return None
        (info,) = await self._reader.infos([trace])
        return trace if info.tags[ARTIFACTS] == place else None


def spans_of_file(content: bytes, trace_id: str) -> list[Span]:
    """The spans of ``traces.json``, in its order, as spans of ``trace_id``. What is none, or written by MLflow 2, is left out."""
    try:
        given = msgspec.json.decode(content, type=_File).spans
    except msgspec.MsgspecError as error:
        logger.warning("a file of spans is not what MLflow writes: %s", error)
        return []
    return [_span(each, trace_id) for each in given if each.start_time_unix_nano]


class _Event(msgspec.Struct):
    name: str = ""
    time_unix_nano: int = 0
    attributes: dict[str, Any] = {}


class _Link(msgspec.Struct):
    trace_id: str = ""
    span_id: str = ""
    attributes: dict[str, Any] | None = None


class _Status(msgspec.Struct, frozen=True):
    code: str = ""
    message: str | None = None


class _Span(msgspec.Struct):
    span_id: str = ""
    parent_span_id: str | None = None
    name: str = ""
    kind: str = ""
    start_time_unix_nano: int = 0
    end_time_unix_nano: int | None = None
    events: list[_Event] = []
    status: _Status = _Status()
    attributes: dict[str, Attribute] = {}
    links: list[_Link] | None = None


class _File(msgspec.Struct):
    spans: list[_Span] = []


def _span(given: _Span, trace_id: str) -> Span:
    return Span(
        trace_id=trace_id,
        span_id=_digits(given.span_id),
        parent_span_id=_digits(given.parent_span_id or "") or None,
        name=given.name,
        otel_kind=given.kind.removeprefix("SPAN_KIND_") or "INTERNAL",
        start_ns=given.start_time_unix_nano,
        end_ns=given.end_time_unix_nano or given.start_time_unix_nano,
        status=_CODES.get(given.status.code, Status.UNSET),
        status_message=given.status.message or "",
        attributes=given.attributes,
        events=tuple(SpanEvent(each.time_unix_nano, each.name, each.attributes) for each in given.events),
        links=tuple(SpanLink(stored_id(each.trace_id), each.span_id, each.attributes or {}) for each in given.links or ()),
    )


def _digits(identifier: str) -> str:
    """Identifiers are base64 there; one that is not stands for itself, and is refused by whoever stores it."""
    try:
        return base64.b64decode(identifier, validate=True).hex()
    except ValueError:
        return identifier
