import json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracing.fixtures import ANSWER, MODEL_CALLS, QUESTION, Written
from tracing.conventions import CONVENTIONS, claude_code, genai, langfuse, mlflow, openinference, openllmetry, plain, vercel
from tracing.conventions.indexed import MAX_VALUES, rebuild
from tracing.reading import Reading
from tracing.semconv import read_facts
from tracing.types import Span, SpanEvent, SpanKind, Status

MODULES = (claude_code, genai, langfuse, mlflow, openinference, openllmetry, plain, vercel)


@pytest.mark.parametrize("name", MODEL_CALLS)
def test_every_convention_says_the_same_of_the_same_call(spans, name):
    written = MODEL_CALLS[name]
    facts = read_facts(spans.make(written.attributes, events=written.events))

    assert (facts.kind, facts.provider, facts.request_model, facts.session_id) == (SpanKind.LLM, "openai", "gpt-4o-mini", "s-1")
    assert (facts.usage.input_tokens, facts.usage.output_tokens, facts.usage.cache_read_tokens) == (120, 30, 100)
    assert facts.cost.total == Decimal("0.000028500000"), "20 plain, 100 cached and 30 output tokens, each charged once"
    assert (facts.content.input_preview, facts.content.output_preview) == (QUESTION, ANSWER)
    assert "Bréhat" in facts.content.input_text
    assert "Bréhat" in facts.content.input, "letters are stored as letters"


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.NAME or "plain")
def test_each_rule_reads_the_type_of_its_field(module):
    hints = {field.name: field.type for field in msgspec.structs.fields(Reading)}
    for rule in module.RULES:
        assert rule.field in hints, rule
        for raw in ("7", 7, 7.0, True, "text", ["a"], {"a": 1}, '["a"]', "", None):
            value = rule.read(raw)
            assert value is None or msgspec.convert(value, hints[rule.field]) == value, (rule, raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
KEYS = sorted(
    {key for module in MODULES for rule in module.RULES for key in rule.keys} | {key for module in MODULES for key in module.PAYLOADS}
)
KEYS += [
    f"{prefix}{rest}"
    for module in MODULES
    for prefix in module.PREFIXES
    for rest in ("0", "0.message", "1.message.role", "0.tool.json_schema")
]
KEYS += [
    "mlflow.spanType",
    "mlflow.chat.tokenUsage",
    "mlflow.llm.cost",
    "mlflow.linkedPrompts",
    "openinference.span.kind",
    "ai.response.providerMetadata",
]
KEYS += ["langfuse.observation.usage_details", "langfuse.observation.cost_details", "langfuse.observation.completion_start_time"]


@given(st.dictionaries(st.sampled_from(KEYS), JSON | JSON.map(json.dumps), max_size=12))
def test_no_attribute_of_any_shape_makes_reading_fail(attributes):
    event = SpanEvent(1, "gen_ai.user.message", attributes)
    for name in ("call", "claude_code.llm_request"):
        span = Span(trace_id="1" * 32, span_id="1" * 16, name=name, start_ns=1, end_ns=2, attributes=attributes, events=(event,))
        facts = read_facts(span)
        msgspec.convert(msgspec.to_builtins(facts), type(facts))


def test_what_agents_and_outer_spans_repeat_is_not_counted_again(spans):
    usage = {"gen_ai.usage.input_tokens": 500, "gen_ai.usage.output_tokens": 50, "gen_ai.request.model": "gpt-4o"}
    for attributes in ({"gen_ai.operation.name": "invoke_agent", **usage}, {"ai.operationId": "ai.generateText", **usage}):
        facts = read_facts(spans.make(attributes))
        assert facts.usage.input_tokens is None
        assert facts.cost.total is None


def test_zero_tokens_are_a_figure_and_missing_ones_are_unknown(spans):
    known = read_facts(spans.make({"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 5, "gen_ai.usage.output_tokens": 0}))
    unknown = read_facts(spans.make({"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": "many"}))
    assert known.usage.output_tokens == 0
    assert unknown.usage.input_tokens is None


def test_input_that_is_smaller_than_its_cached_part_left_that_part_out(spans):
    facts = read_facts(
        spans.make(
            {"input_tokens": 10, "cache_read_tokens": 2000, "output_tokens": 5, "model": "claude-sonnet-4-5"},
            name="claude_code.llm_request",
        )
    )
    assert (facts.provider, facts.usage.input_tokens, facts.usage.cache_read_tokens) == ("anthropic", 2010, 2000)


def test_a_cost_that_the_client_knows_wins(spans):
    facts = read_facts(
        spans.make(
            {
                "openinference.span.kind": "LLM",
                "llm.model_name": "gpt-4o-mini",
                "llm.token_count.prompt": 10,
                "llm.cost.total": 0.5,
                "llm.cost.prompt": 0.2,
            }
        )
    )
    assert (facts.cost.total, facts.cost.input, facts.cost.source) == (Decimal("0.5"), Decimal("0.2"), "reported")


def test_tool_calls_of_openinference_keep_their_arguments(spans):
    facts = read_facts(
        spans.make(
            {
                "openinference.span.kind": "LLM",
                "llm.output_messages.0.message.role": "assistant",
                "llm.output_messages.0.message.tool_calls.0.tool_call.id": "c1",
                "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "tide",
                "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": '{"port":"Bréhat"}',
                "llm.tools.0.tool.json_schema": '{"name":"tide"}',
            }
        )
    )
    (message,) = json.loads(facts.content.output)
    assert message["parts"] == [{"type": "tool_call", "id": "c1", "name": "tide", "arguments": '{"port":"Bréhat"}'}]
    assert json.loads(facts.content.tools) == [{"name": "tide"}]
    assert facts.content.output_preview == 'tide({"port":"Bréhat"})'


def test_a_span_of_no_convention_keeps_its_session_and_its_error(spans):
    exception = SpanEvent(1, "exception", {"exception.type": "TimeoutError"})
    facts = read_facts(spans.make({"http.method": "GET", "session.id": "s"}, status=Status.ERROR, events=(exception,)))
    assert (facts.kind, facts.convention, facts.session_id, facts.error_type) == (SpanKind.UNKNOWN, "", "s", "TimeoutError")


def test_an_index_from_outside_allocates_nothing():
    attributes = {"a.999999999.b": "last", "a.3.b": "first"} | {f"b.{index}": index for index in range(2 * MAX_VALUES)}
    assert rebuild(attributes, "a") == [{"b": "first"}, {"b": "last"}]
    found = rebuild(attributes, "b")
    assert isinstance(found, list)
    assert len(found) == MAX_VALUES


def test_names_of_conventions_are_their_own():
    names = [convention.name for convention in CONVENTIONS]
    assert len(set(names)) == len(names)
    assert set(MODEL_CALLS) & {name.split(",")[0] for name in names} >= {"gen_ai", "openinference", "openllmetry", "mlflow", "langfuse"}
    assert isinstance(next(iter(MODEL_CALLS.values())), Written)
