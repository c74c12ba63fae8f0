"""Where spans come in, from any side: each is stored once, and what is not taken is counted, with the reason."""

import itertools
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from config.schema import TelemetrySettings
from storage.records import Opening, Row, SpanLog
from tracing.raw import RawSpan, raw_opening, raw_row, raw_span, span_of_raw
from tracing.redaction import Redactor
from tracing.rows import rows, span_key
from tracing.semconv import read_facts
from tracing.types import Span

__all__ = ("SpanSink", "Taken")

_REMEMBERED: Final = 100_000
_OLDEST_NS: Final = 0
_DAY_NS: Final = 86_400 * 10**9


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of spans that were handed over. ``duplicates`` were stored before and count as accepted."""

    accepted: int
    duplicates: int = 0
    rejected: dict[str, int] = {}
    """Number of spans refused, by reason."""

    full: bool = False
    """The journal took none of them: the same spans may be sent again later."""


class SpanSink:
    """Hands spans to the journal as they are; rows are made of them on their way into the database (``tracing.raw``).

    Where content is not to be kept they become rows at once: what must not be stored is not written to the journal either.
    """

    def __init__(self, log: SpanLog, settings: TelemetrySettings) -> None:
        self._log = log
        self._retention_days = settings.retention_days
        self._content = settings.content == "full"
        self._redactor = Redactor.of(settings.redact)
        self._untouched = self._content and self._redactor is None
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
            if reason := _refusal(span) or self._expired(span):
                refused[reason] += 1
            elif (key := span_key(span)) in self._seen or key in fresh:
                duplicates += 1
            else:
                fresh[key] = None
                records += self._records(span, key)
        if records and not self._log.append(records):
            return Taken(accepted=0, duplicates=duplicates, rejected={"the journal is full": len(fresh)}, full=True)
        self._remember(fresh)
        return Taken(accepted=len(fresh) + duplicates, duplicates=duplicates, rejected=dict(refused))

    def put_own(self, raw: RawSpan) -> bool:
        """Store a finished span of ours: its identifiers are known to be new and right. ``False``: the journal is full."""
        key = _key(raw)
        if self._untouched:
            try:
                return self._log.append([raw_row(raw, key)])
            except OverflowError:  # an integer of more than 64 bits
                pass
        return self._log.append(self._records(_span(raw), key))

    def begin_own(self, begun: Iterable[RawSpan]) -> bool:
        """Write down that spans began, so that they are stored as interrupted if this process dies. ``False``: the journal is full."""
        return self._log.append([_opening(raw) for raw in begun])

    def _expired(self, span: Span) -> str:
        """Why a span would be deleted as it is stored, ``""`` when it would not."""
        oldest_ns = time.time_ns() - self._retention_days * _DAY_NS
        return f"it began more than telemetry.retention_days ({self._retention_days}) ago" if span.start_ns < oldest_ns else ""

    def _records(self, span: Span, key: bytes) -> list[Row | Opening]:
        kept = self._kept(span)
        if self._content:
            with suppress(OverflowError):  # an integer of more than 64 bits, which JSON has and MessagePack has not
                return [raw_row(raw_span(kept), key)]
        return [*rows(kept, read_facts(kept), retention_days=self._retention_days, content=self._content)]

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


def _opening(raw: RawSpan) -> Opening:
    return raw_opening(raw, _key(raw))


def _key(raw: RawSpan) -> bytes:
    return bytes.fromhex(raw.trace_id + raw.span_id)


def _span(raw: RawSpan) -> Span:
    return span_of_raw(raw, msgspec.msgpack.decode(raw.resource, type=dict[str, object]))


_NEWEST_NS: Final = 2**63 - 1


def _is_hex(value: str, digits: int) -> bool:
    return len(value) == digits and not value.strip("0123456789abcdef")
