"""OpenTelemetry's GenAI conventions, as they stand since 1.37, and what our own gateway adds to them.

https://github.com/open-telemetry/semantic-conventions-genai
"""

from typing import Final

from tracing.conventions.rules import Rule, boolean, integer, money, read_rules, seconds, text, texts
from tracing.payload import to_json
from tracing.reading import Reading
from tracing.types import Span, SpanKind

__all__ = ("GATEWAY_SCOPE", "KINDS", "MARKERS", "NAME", "PAYLOADS", "PREFIXES", "read")

NAME: Final = "gen_ai"
MARKERS: Final = frozenset({"gen_ai", "tidegate"})
GATEWAY_SCOPE: Final = "tidegate.gateway"

KINDS: Final = {
    "chat": SpanKind.LLM,
    "text_completion": SpanKind.LLM,
    "generate_content": SpanKind.LLM,
    "completion": SpanKind.LLM,
    "generate": SpanKind.LLM,
    "response": SpanKind.LLM,
    "responses": SpanKind.LLM,
    "fetch_response": SpanKind.LLM,
    "embeddings": SpanKind.EMBEDDING,
    "execute_tool": SpanKind.TOOL,
    "invoke_agent": SpanKind.AGENT,
    "create_agent": SpanKind.AGENT,
    "agent_step": SpanKind.AGENT,
    "plan": SpanKind.AGENT,
    "invoke_workflow": SpanKind.CHAIN,
    "retrieval": SpanKind.RETRIEVER,
    "search_memory": SpanKind.MEMORY,
    "rerank": SpanKind.RERANKER,
    "apply_guardrail": SpanKind.GUARDRAIL,
}

RULES: Final = (
    Rule("operation", text, ("gen_ai.operation.name",)),
    Rule("provider", text, ("gen_ai.provider.name",)),
    Rule("request_model", text, ("gen_ai.request.model",)),
    Rule("response_model", text, ("gen_ai.response.model",)),
    Rule("response_id", text, ("gen_ai.response.id",)),
    Rule("finish_reasons", texts, ("gen_ai.response.finish_reasons",)),
    Rule("streaming", boolean, ("gen_ai.request.stream",)),
    Rule("ttft_ns", seconds, ("gen_ai.response.time_to_first_chunk",)),
    Rule("input_tokens", integer, ("gen_ai.usage.input_tokens",)),
    Rule("output_tokens", integer, ("gen_ai.usage.output_tokens",)),
    Rule("cache_read_tokens", integer, ("gen_ai.usage.cache_read.input_tokens",)),
    Rule("cache_write_tokens", integer, ("gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens")),
    Rule("reasoning_tokens", integer, ("gen_ai.usage.reasoning.output_tokens",)),
    Rule("usage_estimated", boolean, ("tidegate.usage.estimated",)),
    Rule("cost_total", money, ("gen_ai.usage.cost", "operation.cost")),
    Rule("error_type", text, ("error.type",)),
    Rule("session_id", text, ("gen_ai.conversation.id", "session.id")),
    Rule("user_id", text, ("user.id", "enduser.id")),
    Rule("tags", texts, ("tidegate.tags",)),
    Rule("agent_name", text, ("gen_ai.agent.name", "gen_ai.workflow.name")),
    Rule("tool_name", text, ("gen_ai.tool.name",)),
    Rule("tool_call_id", text, ("gen_ai.tool.call.id",)),
    Rule("prompt_name", text, ("gen_ai.prompt.name",)),
    Rule("prompt_version", text, ("gen_ai.prompt.version",)),
    Rule("route", text, ("tidegate.route",)),
    Rule("judge_name", text, ("tidegate.judge.name",)),
    Rule("system", to_json, ("gen_ai.system_instructions",)),
    Rule("input", to_json, ("gen_ai.input.messages", "gen_ai.tool.call.arguments", "gen_ai.retrieval.query.text")),
    Rule("output", to_json, ("gen_ai.output.messages", "gen_ai.tool.call.result", "gen_ai.retrieval.documents")),
    Rule("tools", to_json, ("gen_ai.tool.definitions",)),
)

PAYLOADS: Final = frozenset(key for rule in RULES if rule.field in ("system", "input", "output", "tools") for key in rule.keys)
PREFIXES: Final = ()
_DETAILS: Final = "gen_ai.client.inference.operation.details"


def read(span: Span) -> Reading:
    """Read the attributes; messages may also stand on the ``operation.details`` event of the span."""
    fields = read_rules(span.attributes, RULES)
    for event in span.events:
        if event.name == _DETAILS:
            fields = read_rules(event.attributes, RULES) | fields
    if kind := KINDS.get(str(fields.get("operation", ""))):
        fields["kind"] = kind
    elif "tool_name" in fields or "tool_call_id" in fields:
        fields["kind"] = SpanKind.TOOL
    return Reading(**fields)  # type: ignore[arg-type]  # each rule reads its field's type: tests/tracing/test_conventions.py
