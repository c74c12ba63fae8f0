"""The spans of a trace as text that a judge can read: what went in, what came out, and the tree of spans. Pure.

Text of several messages has role names in the first column and everything said indented below, so that a message cannot pretend to be
the next one.
"""

from collections.abc import Sequence

import msgspec

from tracing.messages import Message, messages
from tracing.payload import decode, encode
from tracing.types import SpanContent, SpanView

__all__ = ("Limits", "inputs", "outputs", "shorten", "tree")

INDENT = "  "


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Characters that a judge is shown at most: of inputs and outputs each, of the tree, and of one payload in the tree."""

    side: int = 48_000
    tree: int = 96_000
    payload: int = 2_000


def inputs(spans: Sequence[SpanView], limits: Limits) -> str:
    """What the application was asked: the input of the root span, or of the first span that recorded one."""
    ordered = _roots_first(spans)
    span = next((span for span in ordered if span.content and span.content.input), None)
    if span is None or span.content is None:
        return shorten(next((span.input_preview for span in ordered if span.input_preview), ""), limits.side)
    return shorten(_with_note(_said(span.content.system, span.content.input), span.content), limits.side)


def outputs(spans: Sequence[SpanView], limits: Limits) -> str:
    """What the application answered: the output of the root span, or of the last span that recorded one."""
    ordered = [*(span for span in spans if span.parent_span_id is None), *reversed(spans)]
    span = next((span for span in ordered if span.content and span.content.output), None)
    if span is None or span.content is None:
        return shorten(next((span.output_preview for span in ordered if span.output_preview), ""), limits.side)
    return shorten(_with_note(_said("", span.content.output), span.content), limits.side)


def tree(spans: Sequence[SpanView], limits: Limits) -> str:
    """One line a span, indented by depth, each followed by what it was given and what it gave back."""
    depths = _depths(spans)
    return shorten("\n".join(_span_lines(span, depths[span.span_id], limits.payload) for span in spans), limits.tree)


def shorten(text: str, limit: int) -> str:
    """At most about ``limit`` characters: beginning and end, with a line between that says how much is left out."""
    if len(text) <= limit:
        return text
    head, tail = limit * 2 // 3, limit // 3
    return f"{text[:head]}\n[… {len(text) - head - tail} characters left out …]\n{text[len(text) - tail :]}"


def _roots_first(spans: Sequence[SpanView]) -> list[SpanView]:
    return sorted(spans, key=lambda span: span.parent_span_id is not None)


def _with_note(text: str, content: SpanContent) -> str:
    return text + "\n[… the rest was not recorded: characters left out …]" if content.truncated else text


def _said(system: str, payload: str) -> str:
    turns = [*_system(system), *_turns(payload)]
    if len(turns) == 1:
        return turns[0].text
    return "\n".join(f"{turn.role or 'message'}:\n{_indented(turn.text)}" for turn in turns)


def _system(payload: str) -> list[Message]:
    """System instructions travel as text or as a list of parts, without a role."""
    if not payload:
        return []
    found = decode(payload)
    parts = [part.get("content", part.get("text")) for part in found if isinstance(part, dict)] if isinstance(found, list) else [found]
    return [Message("system", "\n".join(part if isinstance(part, str) else encode(part) for part in parts))]


def _turns(payload: str) -> list[Message]:
    """The messages of a payload. One that holds none is shown as it is: which of its fields matter is for the judge to say."""
    value = decode(payload)
    return messages(value) or [Message("", value if isinstance(value, str) else payload)]


def _depths(spans: Sequence[SpanView]) -> dict[str, int]:
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


def _indented(text: str) -> str:
    return "\n".join(INDENT + line for line in text.splitlines())
