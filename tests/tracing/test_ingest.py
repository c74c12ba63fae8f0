import json

import msgspec
import pytest

from config.schema import TelemetrySettings
from storage.records import Opening
from tracing.ingest import SpanSink
from tracing.raw import raw_span
from tracing.types import SpanEvent


@pytest.fixture
def sink(log):
    return SpanSink(log, TelemetrySettings(retention_days=7))


def test_a_span_that_is_sent_again_is_accepted_and_stored_once(sink, log, spans):
    span = spans.chat()
    assert sink.put([span, span]) == 2
    taken = sink.take([span])
    assert (taken.accepted, taken.duplicates) == (1, 1)
    assert [row.table for row in log.rows] == ["span_content", "spans"]


def test_the_rows_of_all_spans_go_out_with_one_write_and_close_their_openings(sink, log, spans):
    first, second = spans.chat(), spans.chat()
    sink.begin_own([raw_span(first)])
    sink.put([first, second])
    assert log.appends == 2
    opening = next(record for record in log.records if isinstance(record, Opening))
    assert {row.key for row in log.rows if row.table == "spans"} == {opening.key, bytes.fromhex(second.trace_id + second.span_id)}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"trace_id": "0" * 32}, "trace_id"),
        ({"trace_id": "ab"}, "trace_id"),
        ({"trace_id": "G" * 32}, "trace_id"),
        ({"span_id": ""}, "span_id"),
        ({"start_ns": 0}, "start_time"),
        ({"start_ns": 2**63}, "start_time"),
    ],
)
def test_a_span_that_cannot_be_stored_is_counted_with_the_reason_and_the_others_are_taken(sink, log, spans, change, reason):
    bad = msgspec.structs.replace(spans.chat(), **change)
    taken = sink.take([bad, spans.chat()])
    assert taken.accepted == 1
    assert [reason in said for said in taken.rejected] == [True]
    assert sum(taken.rejected.values()) == 1


def test_a_full_journal_takes_nothing_and_the_same_spans_may_come_again(sink, log, spans):
    span = spans.chat()
    log.full = True
    assert (sink.take([span]).accepted, sink.take([span]).full) == (0, True)
    log.full = False
    assert sink.put([span]) == 1
    assert log.rows


def test_without_content_the_facts_stay_and_no_word_does(log, spans):
    secret = "the colour of the harbour light"
    span = spans.chat(secret, secret, events=(SpanEvent(1, "gen_ai.content.prompt", {"gen_ai.prompt": secret}),))
    indexed = spans.make({"openinference.span.kind": "LLM", "llm.input_messages.0.message.content": secret, "input.value": secret})
    SpanSink(log, TelemetrySettings(content="none")).put([span, indexed])
    assert [row.table for row in log.rows] == ["spans", "spans"]
    assert not any(secret.encode() in row.data for row in log.rows)
    assert json.loads(log.rows[0].data)["input_tokens"] == 1000


def test_rows_hold_no_line_break_whatever_was_said(sink, log, spans):
    sink.put([spans.chat("one\ntwo\r\u2028three", "a\nb", name="a\nname")])
    assert not any(b"\n" in row.data for row in log.rows)


def test_content_is_an_attribute_no_more(sink, log, spans):
    sink.put([spans.make({"llm.input_messages.0.message.content": "said", "llm.model_name": "m", "http.route": "/x"})])
    assert set(json.loads(log.rows[-1].data)["attributes"]) == {"llm.model_name", "http.route"}
