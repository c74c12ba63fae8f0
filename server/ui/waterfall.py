"""A trace as columns of numbers: what the tree and the waterfall draw from, about twenty bytes a span."""

import msgspec

from server.ui.format import inert
from tracing.types import SpanView, Status, Trace

__all__ = ("Waterfall", "depths", "waterfall")


class Waterfall(msgspec.Struct, frozen=True, kw_only=True):
    """Columns of equal length, in the order of the tree; ``name``, ``kind`` and ``status`` are indices into the lists beside them.

    Times are milliseconds after the start of the trace. ``orphan`` marks a span whose parent is not stored.
    """

    duration: float
    names: list[str]
    kinds: list[str]
    statuses: list[str]
    id: list[str]
    depth: list[int]
    start: list[float]
    length: list[float]
    name: list[int]
    kind: list[int]
    status: list[int]
    orphan: list[int]


def waterfall(trace: Trace) -> Waterfall:
    """The columns of a trace whose spans are in pre-order."""
    spans = trace.spans
    names, kinds, statuses = _Dictionary(), _Dictionary(), _Dictionary()
    known = {span.span_id for span in spans}
    return Waterfall(
        duration=max((span.offset_ms + span.duration_ms for span in spans), default=0.0),
        id=[span.span_id for span in spans],
        depth=depths(spans),
        start=[round(span.offset_ms, 3) for span in spans],
        length=[round(span.duration_ms, 3) for span in spans],
        name=[names.index(_label(span)) for span in spans],
        kind=[kinds.index(span.kind) for span in spans],
        status=[statuses.index(_shown_status(span)) for span in spans],
        orphan=[int(bool(span.parent_span_id) and span.parent_span_id not in known) for span in spans],
        names=names.words,
        kinds=kinds.words,
        statuses=statuses.words,
    )


def depths(spans: list[SpanView]) -> list[int]:
    """How deep each span lies: 0 for a root and for an orphan."""
    depth: dict[str, int] = {}
    for span in spans:
        parent = depth.get(span.parent_span_id or "")
        depth[span.span_id] = 0 if parent is None else parent + 1
    return [depth[span.span_id] for span in spans]


def _label(span: SpanView) -> str:
    return inert(span.name or span.operation or span.kind.lower())


def _shown_status(span: SpanView) -> str:
    return "OK" if span.status is Status.UNSET else span.status.value


class _Dictionary:
    """Words numbered as they come."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._index: dict[str, int] = {}

    def index(self, word: str) -> int:
        """The number of a word, a new one when it was not seen."""
        if word not in self._index:
            self._index[word] = len(self.words)
            self.words.append(word)
        return self._index[word]
