import asyncio
import time
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest

from storage.errors import TelemetryUnavailable
from storage.records import Row
from tracing.cursors import read_cursor
from tracing.errors import BadCursor, BadOrder, BadRequest, FilterError, SpanNotFound, StoreUnavailable, TraceNotFound
from tracing.properties import PropertyKind, TraceProperty, property_row
from tracing.rows import opening
from tracing.store import TraceStore
from tracing.store_sql import quiet_since
from tracing.types import Assessment, SpanEvent, SpanLink, Status


def says(span, name, value, **changes):
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    given = Assessment(
        assessment_id=f"{name}-{span.trace_id}",
        trace_id=span.trace_id,
        name=name,
        value=value,
        source_type="LLM_JUDGE",
        created_at=now,
        updated_at=now,
    )
    return msgspec.structs.replace(given, **changes)


async def found(tracing, filter=None, **more):
    return [trace.trace_id for trace in (await tracing.store.search(filter, **more)).traces]


async def test_a_span_that_was_put_is_found_at_once_with_what_was_said(tracing, spans):
    span = spans.chat("what is a tide?", "the sea, breathing")
    assert tracing.sink.put([span]) == 1

    (row,) = (await tracing.store.search()).traces
    assert (row.trace_id, row.input_preview, row.output_preview) == (span.trace_id, "what is a tide?", "the sea, breathing")
    assert row.root_seen
    assert row.duration_ms == 100.0
    assert (row.input_tokens, row.output_tokens, row.llm_calls, row.unpriced_calls) == (1000, 100, 1, 0)
    assert row.cost == Decimal("0.00021")

    trace = await tracing.store.get(span.trace_id)
    assert trace.spans[0].content is not None
    assert "breathing" in trace.spans[0].content.output
    assert trace.summary == row


async def test_a_trace_whose_figures_are_not_rolled_up_yet_is_not_there_yet_and_harms_no_other(tracing, spans):
    whole, half = spans.chat("whole", "yes"), spans.chat("half", "no", start_ns=time.time_ns() - 10**15, end_ns=time.time_ns() - 10**15 + 1)
    tracing.sink.put([whole])
    await tracing.store.search()
    await tracing.telemetry.command(
        "DETACH TABLE traces_mv"
    )  # the state between the two parts of one insert, for as long as it takes to look
    try:
        tracing.sink.put([half])
        assert await found(tracing) == [whole.trace_id]
        with pytest.raises(TraceNotFound):
            await tracing.store.get(half.trace_id)
        assert await tracing.store.summaries([half.trace_id]) == {}
    finally:
        await tracing.telemetry.command("ATTACH TABLE traces_mv")


async def test_a_span_comes_back_as_it_was_sent_to_the_nanosecond(tracing, spans):
    span = spans.make(
        {"a": "é", "n": 7, "list": ["x"], "yes": True},
        start_ns=time.time_ns() // 10**9 * 10**9 + 123_456_789,
        end_ns=time.time_ns() // 10**9 * 10**9 + 123_456_790,
        status_message='it\'s "fine"',
        links=(SpanLink("a" * 32, "b" * 16, {"why": "retry"}),),
        events=(SpanEvent(time.time_ns(), "exception", {"exception.type": "E"}),),
    )
    tracing.sink.put([span])
    (view,) = (await tracing.store.get(span.trace_id)).spans
    assert view.start_time.endswith(".123456789Z")
    assert view.attributes == {"a": "é", "n": "7", "list": '["x"]', "yes": "true"}
    assert [(link.trace_id, link.span_id, dict(link.attributes)) for link in view.links] == [("a" * 32, "b" * 16, {"why": "retry"})]
    assert view.events == [SpanEvent(span.events[0].time_ns, "exception", {"exception.type": "E"})]
    assert (view.status_message, view.parent_span_id, view.service_name) == (span.status_message, None, "shop")


async def test_spans_are_read_in_the_order_of_their_tree_and_orphans_are_not_lost(tracing, spans):
    root = spans.make(name="root", milliseconds=9000)
    second, first_child = spans.make(name="a", parent=root), spans.make(name="b", parent=root)
    grandchild = spans.make(name="a1", parent=second)
    orphan = spans.make(name="orphan", parent=root, parent_span_id="f" * 16)
    tracing.sink.put([orphan, grandchild, first_child, second, root])
    skeleton = await tracing.store.get_skeleton(root.trace_id)
    assert [span.name for span in skeleton.spans] == ["root", "a", "a1", "b", "orphan"]
    assert skeleton.spans[1].offset_ms == 1000.0
    assert skeleton.spans[0].content is None


async def test_the_earliest_span_stands_for_a_trace_whose_root_never_came(tracing, spans):
    absent = spans.make()
    early = spans.make(name="early", parent=absent)
    late = spans.make(name="late", parent=absent, status=Status.ERROR)
    tracing.sink.put([late, early])
    (row,) = (await tracing.store.search()).traces
    assert (row.name, row.root_seen, row.status, row.span_count, row.duration_ms) == ("early", False, Status.ERROR, 2, 1100.0)

    tracing.sink.put([msgspec.structs.replace(absent, name="root")])
    (row,) = (await tracing.store.search()).traces
    assert (row.name, row.root_seen, row.status, row.span_count) == ("root", True, Status.OK, 3)


async def test_pages_hold_every_trace_once_in_each_order(tracing, spans):
    made = [
        spans.chat(milliseconds=ms, attributes={"gen_ai.usage.input_tokens": tokens})
        for ms, tokens in zip([5, 5, 9, 1, 7], [9, 9, 3, 1, 5], strict=True)
    ]
    made.append(spans.make(name="no model"))
    tracing.sink.put(made)
    for order in ("start_time", "duration", "cost", "tokens"):
        pages = {}
        for direction in ("", "-"):
            ids, cursor = [], None
            while True:
                page = await tracing.store.search(order=direction + order, limit=2, cursor=cursor)
                ids += [trace.trace_id for trace in page.traces]
                cursor = page.next_cursor
                if cursor is None:
                    break
            pages[direction] = ids
        assert sorted(pages[""]) == sorted(span.trace_id for span in made), order
        assert pages["-"] == pages[""][::-1], order
    assert (await found(tracing, order="-cost"))[-1] == made[-1].trace_id, "an unknown cost comes last"


async def test_a_cursor_or_an_order_that_is_not_ours_is_refused(tracing, spans):
    tracing.sink.put([spans.chat(), spans.chat()])
    cursor = (await tracing.store.search(limit=1)).next_cursor
    for bad in ("x", "!!!", "bm90IGpzb24", cursor[:-3]):
        with pytest.raises(BadCursor):
            await tracing.store.search(cursor=bad)
    with pytest.raises(BadCursor, match="belongs to the order '-start_time'"):
        await tracing.store.search(order="cost", cursor=cursor)
    with pytest.raises(BadOrder):
        await tracing.store.search(order="name")


async def test_a_span_that_was_stored_twice_is_one_span(tracing, spans, log):
    span = spans.chat()
    tracing.sink.put([span])
    twice = list(log.records)
    await tracing.store.has_any()
    log.records += twice
    (row,) = (await tracing.store.search()).traces
    assert (row.span_count, row.input_tokens, row.cost) == (1, 1000, Decimal("0.00021"))
    assert len((await tracing.store.get(span.trace_id)).spans) == 1
    assert await tracing.store.count() == 1


async def test_a_request_that_ended_after_all_is_no_longer_interrupted(tracing, spans, log, telemetry):
    span = spans.chat()
    begun = opening(msgspec.structs.replace(span, attributes={"gen_ai.operation.name": "chat"}), retention_days=90)
    await telemetry.insert(begun.table, begun.data, token="begun")
    (row,) = (await tracing.store.search()).traces
    assert (row.status, row.span_count, row.cost) == (Status.INTERRUPTED, 1, None)
    await asyncio.sleep(0.005)
    tracing.sink.put([span])
    assert (await tracing.store.get(span.trace_id)).spans[0].status is Status.OK


FILTERS = {
    "name = 'chat'": "both",
    "name != 'chat'": "tool",
    "model ~ 'MINI'": "both",
    "status = 'error'": "tool",
    "status = 'ok'": "both",
    "tag = 'vip'": "cheap",
    "user = 'ann'": "cheap",
    "user != 'ann'": "dear tool",
    "cost > 0.001": "dear",
    "cost <= 0.001": "cheap",
    "tokens >= 1000": "both",
    "latency_ms > 1999.5": "tool",
    "spans = 2": "tool",
    "attributes.'http.route' = '/pay'": "tool",
    "attributes.http.route ~ 'PA'": "tool",
    "text ~ 'Refund'": "cheap",
    "text ~ 'refund please'": "cheap",
    "text ~ 'refunds'": "",
    "score.helpful = true": "cheap",
    "score.helpful != true": "dear tool",
    "score.quality < 0.5": "dear",
    "score.quality >= 0.5": "",
    "score.tone = 'calm'": "dear",
    "kind = 'TOOL'": "tool",
    "service = 'shop' and not (user = 'ann' or cost > 0.001)": "tool",
    "error_type = 'Timeout'": "tool",
    'provider = "open\'ai"': "",
}


async def test_each_field_of_a_filter_finds_what_it_says(tracing, spans):
    cheap = spans.chat("a refund, please", attributes={"user.id": "ann", "tidegate.tags": ["vip", "beta"]})
    dear = spans.chat("hello", attributes={"gen_ai.usage.output_tokens": 10_000})
    tool = spans.make({"http.route": "/pay"}, name="pay", status=Status.ERROR, milliseconds=2000)
    inner = spans.make({"gen_ai.operation.name": "execute_tool", "error.type": "Timeout"}, name="inner", parent=tool)
    tracing.sink.put([cheap, dear, tool, inner])
    tracing.assessments.put(
        [
            says(cheap, "helpful", True),
            says(dear, "quality", 0.25),
            says(dear, "tone", "calm"),
            says(tool, "quality", None, error_code="unparsable", error_message="no verdict"),
        ]
    )
    ids = {"cheap": {cheap.trace_id}, "dear": {dear.trace_id}, "tool": {tool.trace_id}, "both": {cheap.trace_id, dear.trace_id}}
    for text, names in FILTERS.items():
        expected = set[str]().union(*(ids[name] for name in names.split()))
        assert set(await found(tracing, text)) == expected, text
        assert await tracing.store.count(text) == len(expected), text


async def test_a_latency_is_the_roots_as_it_is_shown_and_sorted_and_without_a_root_that_of_all_spans(tracing, spans):
    rooted, orphaned = spans.make(milliseconds=100), spans.make(milliseconds=100)
    later = [spans.make(parent=parent, milliseconds=5000) for parent in (rooted, orphaned)]
    tracing.sink.put([rooted, *later])
    (root, orphan) = (await tracing.store.search(order="duration")).traces
    assert (root.trace_id, orphan.trace_id) == (rooted.trace_id, orphaned.trace_id)
    assert await found(tracing, "latency_ms < 1000") == [rooted.trace_id]
    assert await found(tracing, "latency_ms >= 1000") == [orphaned.trace_id]
    assert await found(tracing, f"latency_ms = {root.duration_ms:g}") == [rooted.trace_id]
    assert orphan.duration_ms >= 5000


async def test_a_filter_that_cannot_be_read_is_refused_before_anything_is_asked(tracing):
    with pytest.raises(FilterError, match="position 0"):
        await tracing.store.search("modle = 'x'")


async def test_a_time_range_holds_its_beginning_and_not_its_end(tracing, spans):
    first, second, third = spans.chat(), spans.chat(), spans.chat()
    tracing.sink.put([first, second, third])
    assert await found(tracing, since_ns=second.start_ns, until_ns=third.start_ns) == [second.trace_id]


async def test_what_is_not_there_is_said_to_be_missing(tracing, spans):
    assert not await tracing.store.has_any()
    with pytest.raises(TraceNotFound):
        await tracing.store.get("0" * 31 + "1")
    span = spans.make()
    tracing.sink.put([span])
    assert (await tracing.store.content(span.trace_id, span.span_id)).input == ""
    with pytest.raises(SpanNotFound):
        await tracing.store.content(span.trace_id, "f" * 16)
    assert await tracing.store.has_any()


async def test_scores_stand_on_the_row_with_the_latest_of_each_name(tracing, spans):
    span = spans.chat()
    tracing.sink.put([span])
    tracing.assessments.put([says(span, "helpful", True), says(span, "safe", None, error_code="unparsable")])
    tracing.assessments.put(
        [says(span, "helpful", False, assessment_id="by-hand", source_type="HUMAN", rationale="no", updated_at="2126-01-01T00:00:00.000Z")]
    )
    (row,) = (await tracing.store.search()).traces
    assert [(score.name, score.value, score.error_code, score.source_type) for score in row.scores] == [
        ("helpful", False, "", "HUMAN"),
        ("safe", None, "unparsable", "LLM_JUDGE"),
    ]
    assert len((await tracing.store.get(span.trace_id)).assessments) == 3


@pytest.mark.parametrize("value", [True, False, 0.0, 0.25, "calm", "long " * 40, ["a", 1], {"a": [None]}, None])
async def test_an_assessment_comes_back_as_it_was_given(tracing, spans, value):
    given = says(spans.chat(), "n", value, judge_cost=Decimal("0.000000000001"), metadata={"k": "é"}, rationale="a\nb")
    tracing.assessments.put([given])
    tracing.assessments.put([given])
    assert await tracing.assessments.for_trace(given.trace_id) == [given]


async def test_a_trace_is_sealed_when_it_is_quiet_and_never_when_a_judge_made_it(tracing, spans):
    root, judged = spans.chat(), spans.chat(attributes={"tidegate.judge.name": "helpful"})
    orphan = spans.chat(parent_span_id="f" * 16)
    tracing.sink.put([root, judged, orphan])
    assert await tracing.store.has_any()
    await asyncio.sleep(0.1)
    (first,) = await tracing.store.sealed(None, None, None, None, 10)
    assert first.trace_id == root.trace_id

    while not (later := await tracing.soon.sealed(first.cursor, None, None, None, 10)):
        await asyncio.sleep(0.1)
    (second,) = later
    assert second.trace_id == orphan.trace_id, "one that is sealed later comes after the cursor, though it was stored before"
    assert await tracing.soon.sealed(second.cursor, None, None, None, 10) == []
    assert await tracing.soon.sealed(None, "model = 'nothing'", None, None, 10) == []


async def test_a_span_that_comes_late_changes_the_revision_and_seals_the_trace_again(tracing, spans):
    root = spans.chat()
    tracing.sink.put([root])
    await tracing.store.has_any()
    await asyncio.sleep(0.1)
    (before,) = await tracing.store.sealed(None, None, None, None, 10)
    (same,) = await tracing.store.sealed(None, None, None, None, 10)
    assert same == before
    tracing.sink.put([spans.make(parent=root)])
    await tracing.store.has_any()
    await asyncio.sleep(0.1)
    (after,) = await tracing.store.sealed(before.cursor, None, None, None, 10)
    assert (after.trace_id, after.revision == before.revision) == (root.trace_id, False)


async def test_reading_on_from_a_place_finds_what_reading_from_the_beginning_finds_behind_it(tracing, spans):
    made = [spans.chat(), spans.make(parent_span_id="e" * 16), spans.chat(attributes={"gen_ai.request.model": "other"}), spans.chat()]
    for span in made:
        tracing.sink.put([span, spans.make(parent=span, name="step")])
        await tracing.store.has_any()
    while len(await tracing.soon.sealed(None, None, None, None, 10)) < len(made):
        await asyncio.sleep(0.1)
    for written in (None, "name = 'chat'", "model = 'other' or answered = true", "not model = 'other'"):
        whole = await tracing.soon.sealed(None, written, None, None, 10)
        for number, trace in enumerate(whole):
            assert await tracing.soon.sealed(trace.cursor, written, None, None, 10) == whole[number + 1 :]


async def test_a_late_span_seals_a_trace_of_long_ago_again(tracing, spans):
    old, newer = spans.chat(), spans.chat()
    tracing.sink.put([old])
    tracing.log.records = [_stored_long_ago(row) for row in tracing.log.rows]
    tracing.sink.put([newer])
    await tracing.store.has_any()
    await asyncio.sleep(0.1)
    first, second = await tracing.store.sealed(None, None, None, None, 10)
    assert [first.trace_id, second.trace_id] == [old.trace_id, newer.trace_id]
    tracing.sink.put([spans.make(parent=old, name="late")])
    await tracing.store.has_any()
    await asyncio.sleep(0.1)
    (again,) = await tracing.store.sealed(second.cursor, "name = 'chat' and answered = true", None, None, 10)
    assert (again.trace_id, again.revision == first.revision) == (old.trace_id, False)


async def test_the_place_in_the_sealed_bounds_what_is_read(tracing, spans):
    old = [spans.chat() for _ in range(50)]
    tracing.sink.put(old)
    tracing.log.records = [_stored_long_ago(row) for row in tracing.log.rows]
    tracing.sink.put([spans.chat()])
    await tracing.store.has_any()
    await asyncio.sleep(0.1)
    last = (await tracing.store.sealed(None, None, None, None, 100))[-1]
    among = quiet_since(read_cursor("sealed", last.cursor), 0.5)
    assert len(await tracing.telemetry.query(f"{among.sql} GROUP BY trace_id", among.parameters, dict)) == 1


def _stored_long_ago(row: Row) -> Row:
    if row.table != "spans":
        return row
    return Row(row.table, msgspec.json.encode(msgspec.json.decode(row.data) | {"ingested_at": "2026-01-02 03:04:05.678"}))


async def test_a_session_is_its_traces_in_the_order_of_time(tracing, spans):
    made = [spans.chat(attributes={"gen_ai.conversation.id": name}) for name in ("s", "other", "s")]
    tracing.sink.put(made)
    assert [trace.trace_id for trace in await tracing.store.session("s")] == [made[0].trace_id, made[2].trace_id]
    assert await tracing.store.session("nobody's") == []


async def test_session_and_user_that_only_a_traces_metadata_say_are_found_and_shown(tracing, spans):
    """As MLflow's client tells them: beside the spans."""
    made = [spans.chat(attributes={"gen_ai.conversation.id": "s"}), spans.chat(), spans.chat()]
    tracing.sink.put(made)
    said = [
        (made[1], "mlflow.trace.session", "s"),
        (made[2], "mlflow.trace.session", "late"),
        (made[1], "mlflow.trace.user", "ada@example.com"),
    ]
    tracing.log.append([property_row(TraceProperty(span.trace_id, PropertyKind.METADATA, key, value)) for span, key, value in said])
    ids = [each.trace_id for each in made]
    assert [trace.trace_id for trace in await tracing.store.session("s")] == ids[:2]

    async def found(filter: str) -> set[int]:
        return {ids.index(trace.trace_id) for trace in (await tracing.store.search(filter)).traces}

    assert [await found(each) for each in ("session = 's'", "session != 's'", "user ~ 'ADA'", "user = 'ada'")] == [{0, 1}, {2}, {1}, set()]
    summary = (await tracing.store.get_skeleton(ids[1])).summary
    assert (summary.session_id, summary.user_id) == ("s", "ada@example.com")


async def test_usage_is_summed_by_what_was_asked_and_unknown_figures_stay_unknown(tracing, spans):
    unknown = spans.make({"gen_ai.operation.name": "chat", "gen_ai.request.model": "mystery"}, status=Status.ERROR)
    tracing.sink.put([spans.chat(), spans.chat(milliseconds=300), unknown])
    known, mystery = await tracing.store.usage("model")
    assert (known.value, known.calls, known.errors, known.input_tokens, known.cost) == (
        "gpt-4o-mini-2024-07-18",
        2,
        0,
        2000,
        Decimal("0.00042"),
    )
    assert known.latency_ms[-1] == pytest.approx(300, rel=0.5)
    assert known.ttft_ms == [None] * 4
    assert (mystery.value, mystery.errors, mystery.input_tokens, mystery.cost) == ("mystery", 1, None, None)
    assert sum(row.calls for row in await tracing.store.usage("minute")) == 3
    assert await tracing.store.usage("hour", until_ns=1) == []
    with pytest.raises(BadRequest, match="by 'colour'"):
        await tracing.store.usage("colour")


async def test_choices_for_a_filter_are_the_most_frequent_values(tracing, spans):
    tracing.sink.put([spans.chat(), spans.chat(), spans.make(name="pay")])
    assert [(choice.value, choice.spans) for choice in await tracing.store.facet("name")] == [("chat", 2), ("pay", 1)]
    with pytest.raises(BadRequest):
        await tracing.store.facet("text")


@pytest.mark.parametrize("error", [TimeoutError(), TelemetryUnavailable("away")])
async def test_a_store_that_cannot_be_reached_says_so_and_says_what_was_kept(telemetry, tracing, error):
    async def flush():
        raise error

    store = TraceStore(telemetry, flush, tracing.store._settings)
    with pytest.raises(StoreUnavailable, match="kept in the journal"):
        await store.search()


async def test_a_call_that_its_client_and_the_gateway_saw_counts_once_with_the_cost_that_is_known(tracing, spans):
    agent = spans.make(name="agent")
    seen = spans.make(
        {"mlflow.spanType": '"CHAT_MODEL"', "mlflow.chat.tokenUsage": '{"input_tokens": 1000, "output_tokens": 100}'}, parent=agent
    )
    tracing.sink.put([agent, seen, spans.chat(parent=seen), spans.make({"mlflow.spanType": '"LLM"'}, parent=agent)])
    row = (await tracing.store.summaries([agent.trace_id]))[agent.trace_id]
    assert (row.input_tokens, row.output_tokens, row.llm_calls, row.unpriced_calls) == (1000, 100, 2, 1)
    assert (row.cost, row.input_cost) == (Decimal("0.00021"), Decimal("0.00015"))


async def test_an_agent_that_says_nothing_itself_shows_what_its_models_were_asked_first_and_answered_last(tracing, spans):
    agent = spans.make({"gen_ai.operation.name": "invoke_agent"}, milliseconds=60_000)
    tracing.sink.put(
        [agent, spans.chat("where is it?", "let me look", parent=agent), spans.chat("it is late", "it is late, sorry", parent=agent)]
    )
    (row,) = (await tracing.store.search()).traces
    assert (row.input_preview, row.output_preview) == ("where is it?", "it is late, sorry")
