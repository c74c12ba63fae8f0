async def test_a_span_that_was_put_is_found_at_once_with_what_was_said(tracing, spans):
    span = spans.chat("what is a tide?", "the sea, breathing")
    assert tracing.sink.put([span]) == 1

    (row,) = (await tracing.store.search()).traces
    assert (row.trace_id, row.input_preview, row.output_preview) == (span.trace_id, "what is a tide?", "the sea, breathing")
    assert row.root_seen
    assert row.duration_ms == 100.0
    assert (row.input_tokens, row.output_tokens, row.llm_calls, row.unpriced_calls) == (1000, 100, 1, 0)
    assert str(row.cost) == "0.00021"

    trace = await tracing.store.get(span.trace_id)
    assert trace.spans[0].content is not None
    assert "breathing" in trace.spans[0].content.output
    assert trace.summary == row
