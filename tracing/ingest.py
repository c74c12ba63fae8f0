"""Where spans come in, from any side: each is stored once, and what is not taken is counted, with the reason."""

import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from config.schema import TelemetrySettings
from storage.records import Opening, Row, SpanLog
from tracing.redaction import Redactor
from tracing.rows import opening, rows, span_key
from tracing.semconv import read_facts
from tracing.types import Span

__all__ = ("SpanSink", "Taken")

_REMEMBERED: Final = 100_000
_OLDEST_NS: Final = 0
_MAX_NAME: Final = 1024


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of spans that were handed over. ``duplicates`` were stored before and count as accepted."""

    accepted: int
    duplicates: int = 0
    rejected: dict[str, int] = {}
    """Number of spans refused, by reason."""

    full: bool = False
    """The journal took none of them: the same spans may be sent again later."""


class SpanSink:
    """Turns spans into rows and hands them to the journal. Cheap enough for the event loop: one buffered write."""

    def __init__(self, log: SpanLog, settings: TelemetrySettings) -> None:
        self._log = log
        self._retention_days = settings.retention_days
        self._content = settings.content == "full"
        self._redactor = Redactor.of(settings.redact)
        self._seen: dict[bytes, None] = {}

    def put(self, spans: Sequence[Span]) -> int:
        """Store finished spans; the number accepted. See ``take`` for what became of the others."""
        return self.take(spans).accepted

    def take(self, spans: Sequence[Span]) -> Taken:
        """Store finished spans, with one write. A span that this process stored before is not stored again."""
        refused = Counter[str]()
        records: list[Row | Opening] = []
        fresh: dict[bytes, None] = {}
        duplicates = 0
        for span in spans:
            if reason := _refusal(span):
                refused[reason] += 1
            elif (key := span_key(span)) in self._seen or key in fresh:
                duplicates += 1
            else:
                fresh[key] = None
                kept = self._kept(span)
                records += rows(kept, read_facts(kept), retention_days=self._retention_days, content=self._content)
        if records and not self._log.append(records):
            return Taken(accepted=0, duplicates=duplicates, rejected={"the journal is full": len(fresh)}, full=True)
        self._remember(fresh)
        return Taken(accepted=len(fresh) + duplicates, duplicates=duplicates, rejected=dict(refused))

    def begin(self, span: Span) -> bool:
        """Write down that a span began, so that it is stored as interrupted if this process dies. ``False``: the journal is full."""
        return self._log.append([opening(span, retention_days=self._retention_days)])

    def _kept(self, span: Span) -> Span:
        """What is to be stored of a span. One without its content says so, for whoever looks for it."""
        if self._redactor is not None:
            span = self._redactor.span(span)
        if not self._content:
            span = msgspec.structs.replace(span, attributes={**span.attributes, "tidegate.content": "none"})
        return span

    def _remember(self, keys: dict[bytes, None]) -> None:
        self._seen.update(keys)
        for key in list(itertools.islice(self._seen, max(0, len(self._seen) - _REMEMBERED))):
            del self._seen[key]


def _refusal(span: Span) -> str:
    """Why a span cannot be stored, ``""`` when it can."""
    if not _is_hex(span.trace_id, 32) or not span.trace_id.strip("0"):
        return "trace_id must be 16 bytes, not all zero"
    if not _is_hex(span.span_id, 16) or not span.span_id.strip("0"):
        return "span_id must be 8 bytes, not all zero"
    if span.start_ns <= _OLDEST_NS or span.start_ns >= _NEWEST_NS:
        return "start_time_unix_nano is missing or out of range"
    return ""


_NEWEST_NS: Final = 2**63 - 1


def _is_hex(value: str, digits: int) -> bool:
    return len(value) == digits and not value.strip("0123456789abcdef")
