"""A trace as text that a judge can read: what went in, what came out, and the tree of spans. Pure.

Text of several messages has role names in the first column and everything said indented below, so that a message cannot pretend to be
the next one.
"""

from typing import Any

import msgspec

from tracing.types import SpanContent, SpanView, Trace

__all__ = ("Limits", "inputs", "outputs", "shorten", "tree")

INDENT = "  "
OTHER_PART = 400
"""Characters shown of a message part that is neither text nor a tool call: an image is not legible as base64."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Characters that a judge is shown at most: of inputs and outputs each, of the tree, and of one payload in the tree."""

    side: int = 48_000
    tree: int = 96_000
    payload: int = 2_000


def inputs(trace: Trace, limits: Limits) -> str:
    """What the application was asked: the input of the root span, or of the first span that recorded one."""
    span = next((span for span in _roots_first(trace) if span.content and span.content.input), None)
    if span is None or span.content is None:
        return shorten(trace.summary.input_preview, limits.side)
    return shorten(_with_note(_said(span.content.system, span.content.input), span.content), limits.side)


def outputs(trace: Trace, limits: Limits) -> str:
    """What the application answered: the output of the root span, or of the last span that recorded one."""
    roots = [span for span in trace.spans if span.parent_span_id is None]
    span = next((span for span in [*roots, *reversed(trace.spans)] if span.content and span.content.output), None)
    if span is None or span.content is None:
        return shorten(trace.summary.output_preview, limits.side)
    return shorten(_with_note(_said("", span.content.output), span.content), limits.side)


def tree(trace: Trace, limits: Limits) -> str:
    """One line a span, indented by depth, each followed by what it was given and what it gave back."""
    depths = _depths(trace.spans)
    return shorten("\n".join(_span_lines(span, depths[span.span_id], limits.payload) for span in trace.spans), limits.tree)


def shorten(text: str, limit: int) -> str:
    """At most about ``limit`` characters: beginning and end, with a line between that says how much is left out."""
    if len(text) <= limit:
        return text
    head, tail = limit * 2 // 3, limit // 3
    return f"{text[:head]}\n[… {len(text) - head - tail} characters left out …]\n{text[len(text) - tail :]}"


def _roots_first(trace: Trace) -> list[SpanView]:
    return sorted(trace.spans, key=lambda span: span.parent_span_id is not None)


def _with_note(text: str, content: SpanContent) -> str:
    return text + "\n[… the rest was not recorded: characters left out …]" if content.truncated else text


def _said(system: str, messages: str) -> str:
    turns = [*_turns(system, "system"), *_turns(messages, "")]
    if len(turns) == 1:
        return turns[0][1]
    return "\n".join(f"{role or 'message'}:\n{_indented(text, 1)}" for role, text in turns)


def _turns(payload: str, role: str) -> list[tuple[str, str]]:
    """Role and text of each message of a JSON payload; anything that is not a list of messages is one turn."""
    if not payload:
        return []
    try:
        decoded = msgspec.json.decode(payload)
    except (msgspec.DecodeError, RecursionError):
        return [(role, payload)]
    if isinstance(decoded, list) and all(isinstance(item, dict) and "role" in item for item in decoded):
        return [(str(item["role"]), _message_text(item)) for item in decoded]
    return [(role, _part_text(decoded) if role else _plain(decoded, payload))]


def _plain(decoded: object, payload: str) -> str:
    return decoded if isinstance(decoded, str) else payload


def _message_text(message: dict[str, Any]) -> str:
    return "\n".join(_part_text(part) for part in (message.get("parts"), message.get("content"), message.get("tool_calls")) if part)


def _part_text(part: object) -> str:
    """One part of a message: text as it is, a tool call as a call, anything else as JSON, cut short."""
    match part:
        case str():
            return part
        case list():
            return "\n".join(_part_text(item) for item in part)
        case {"type": "tool_call", "name": name, **rest}:
            return f"calls {name}({_json(rest.get('arguments'))})"
        case {"function": {"name": name, **rest}}:
            return f"calls {name}({_json(rest.get('arguments'))})"
        case {"type": "tool_call_response", **rest}:
            return f"tool answers {_json(rest.get('response', rest.get('result')))}"
        case {"content": str(text)} | {"text": str(text)}:
            return text
        case _:
            return shorten(_json(part), OTHER_PART)


def _json(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _depths(spans: list[SpanView]) -> dict[str, int]:
    """Depth of each span; spans come in pre-order, so a parent is always known before its children, and an orphan is at the top."""
    depths: dict[str, int] = {}
    for span in spans:
        depths[span.span_id] = depths.get(span.parent_span_id or "", -1) + 1
    return depths


def _span_lines(span: SpanView, depth: int, payload: int) -> str:
    lines = [_headline(span)]
    if span.content and span.content.input:
        lines.append(f"{INDENT}given: {_cell(span.content.input, payload)}")
    if span.content and span.content.output:
        lines.append(f"{INDENT}gave: {_cell(span.content.output, payload)}")
    return "\n".join(f"{INDENT * depth}{line}" for line in lines)


def _headline(span: SpanView) -> str:
    model = span.response_model or span.request_model
    tokens = [
        f"{count} {side}" for count, side in ((span.usage.input_tokens, "in"), (span.usage.output_tokens, "out")) if count is not None
    ]
    facts = [
        span.status.value,
        f"{span.duration_ms:.0f} ms",
        *([model] if model else []),
        *([f"{', '.join(tokens)} tokens"] if tokens else []),
    ]
    problem = f" error: {_cell(span.status_message or span.error_type, 500)}" if span.status == "ERROR" else ""
    return f"- {span.kind} {_cell(span.name, 200)} ({', '.join(facts)}){problem}"


def _cell(text: str, limit: int) -> str:
    """On one line, so that a payload cannot draw spans of its own."""
    return shorten(text, limit).replace("\r", "\\r").replace("\n", "\\n")


def _indented(text: str, depth: int) -> str:
    return "\n".join(INDENT * depth + line for line in text.splitlines())
