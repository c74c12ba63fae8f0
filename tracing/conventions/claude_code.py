"""Claude Code's own spans: plain attribute names, and input tokens that leave cached ones out, as Anthropic's API counts.

https://docs.claude.com/en/docs/claude-code/monitoring-usage
"""

from typing import Final

from tracing.conventions.rules import Rule, integer, milliseconds, money, read_rules, text
from tracing.payload import to_json
from tracing.reading import Reading
from tracing.types import Span, SpanKind

__all__ = ("MARKERS", "NAME", "PAYLOADS", "PREFIXES", "read")

NAME: Final = "claude_code"
MARKERS: Final = frozenset({"claude_code"})

KINDS: Final = {
    "claude_code.llm_request": SpanKind.LLM,
    "claude_code.tool": SpanKind.TOOL,
    "claude_code.tool.execution": SpanKind.TOOL,
    "claude_code.interaction": SpanKind.AGENT,
}

RULES: Final = (
    Rule("request_model", text, ("model",)),
    Rule("input_tokens", integer, ("input_tokens",)),
    Rule("output_tokens", integer, ("output_tokens",)),
    Rule("cache_read_tokens", integer, ("cache_read_tokens",)),
    Rule("cache_write_tokens", integer, ("cache_creation_tokens",)),
    Rule("cost_total", money, ("cost_usd",)),
    Rule("ttft_ns", milliseconds, ("ttft_ms",)),
    Rule("session_id", text, ("session.id",)),
    Rule("user_id", text, ("user.id",)),
    Rule("tool_name", text, ("tool_name",)),
    Rule("input", to_json, ("user_prompt", "tool_input", "tool_parameters")),
    Rule("output", to_json, ("tool_output",)),
)

PAYLOADS: Final = frozenset({"user_prompt", "tool_input", "tool_parameters", "tool_output"})
PREFIXES: Final = ()


def read(span: Span) -> Reading:
    """Only spans of Claude Code are read: the names of its attributes are anybody's."""
    if span.name not in KINDS:
        return Reading()
    fields = read_rules(span.attributes, RULES) | {"kind": KINDS[span.name], "exclusive_usage": True}
    if fields["kind"] is SpanKind.LLM:
        fields["provider"] = "anthropic"
    return Reading(**fields)  # type: ignore[arg-type]  # each rule reads its field's type: tests/tracing/test_conventions.py
