"""What a span means: conventions read, merged, and made consistent.

The rules that make facts comparable, each of which other tools learned from a bug report:

* Input tokens include cached ones, output tokens include reasoning, whatever the client meant.
* Zero is a figure; a missing figure is ``None``.
* Only a span that called a model has usage and cost: agents and chains repeat the sums of their children.
* A cost that the client reports wins over a price table; a model that no table knows has no cost.
"""

from typing import Final

from tracing.conventions import CONVENTIONS, GATEWAY, Convention
from tracing.conventions.genai import GATEWAY_SCOPE
from tracing.messages import answered, asked
from tracing.payload import cut, decode
from tracing.prices import price
from tracing.reading import Reading, merge
from tracing.types import Attribute, Content, Cost, Facts, Span, SpanKind, Status, Usage

__all__ = ("read_facts",)

_MODEL_KINDS: Final = frozenset({SpanKind.LLM, SpanKind.EMBEDDING, SpanKind.RERANKER})
_LARGEST_COUNT: Final = 2**32 - 1
_NOTHING: Final = Reading()


def read_facts(span: Span) -> Facts:
    """Read what a span means. Never fails: what no convention understands is absent, and stays among the raw attributes."""
    if span.scope.name == GATEWAY_SCOPE:
        return _facts(span, GATEWAY.read(span), GATEWAY.name)
    readings = [(convention.name, reading) for convention in _applicable(span) if (reading := convention.read(span)) != _NOTHING]
    if not readings:
        return _facts(span, _NOTHING, "")
    return _facts(span, merge([reading for _, reading in readings]), readings[0][0])


def _applicable(span: Span) -> tuple[Convention, ...]:
    names = (*span.attributes, *(event.name for event in span.events), span.name)
    present = {name.partition(".")[0] for name in names}
    return tuple(convention for convention in CONVENTIONS if not convention.markers.isdisjoint(present))


def _facts(span: Span, reading: Reading, convention: str) -> Facts:
    kind = reading.kind or _kind(reading)
    usage = _usage(reading) if kind in _MODEL_KINDS else Usage()
    provider = reading.provider or ""
    return Facts(
        kind=kind,
        convention=convention,
        operation=reading.operation or "",
        provider=provider,
        request_model=reading.request_model or "",
        response_model=reading.response_model or "",
        response_id=reading.response_id or "",
        finish_reasons=reading.finish_reasons or (),
        streaming=reading.streaming or False,
        ttft_ns=reading.ttft_ns,
        usage=usage,
        cost=_cost(span, reading, usage) if kind in _MODEL_KINDS else Cost(),
        error_type=reading.error_type or _error_type(span),
        session_id=reading.session_id or "",
        user_id=reading.user_id or "",
        tags=reading.tags or (),
        agent_name=reading.agent_name or "",
        tool_name=reading.tool_name or "",
        tool_call_id=reading.tool_call_id or "",
        prompt_name=reading.prompt_name or "",
        prompt_version=reading.prompt_version or "",
        run_id=reading.run_id or "",
        model_id=reading.model_id or "",
        route=reading.route or "",
        judge_name=reading.judge_name or "",
        content=_content(reading),
    )


def _kind(reading: Reading) -> SpanKind:
    """The kind of a span. One that names a model and counts tokens called it, whatever it calls itself."""
    called = reading.request_model and (reading.input_tokens is not None or reading.output_tokens is not None)
    return SpanKind.LLM if called else SpanKind.UNKNOWN


def _usage(reading: Reading) -> Usage:
    given, cached = reading.input_tokens, (reading.cache_read_tokens or 0) + (reading.cache_write_tokens or 0)
    if given is not None and (reading.exclusive_usage or cached > given):
        given = min(given + cached, _LARGEST_COUNT)
    return Usage(
        input_tokens=given,
        output_tokens=reading.output_tokens,
        cache_read_tokens=reading.cache_read_tokens,
        cache_write_tokens=reading.cache_write_tokens,
        reasoning_tokens=reading.reasoning_tokens,
        estimated=reading.usage_estimated or False,
    )


def _cost(span: Span, reading: Reading, usage: Usage) -> Cost:
    if reading.cost_total is not None:
        return Cost(input=reading.cost_input, output=reading.cost_output, total=reading.cost_total, source="reported")
    known = Cost()
    for model in (reading.response_model, reading.request_model):
        if model and known.total is None:
            known = price(reading.provider or "", model, usage, span.start_ns)
    return known


def _error_type(span: Span) -> str:
    if span.status is not Status.ERROR:
        return ""
    named: Attribute = next((event.attributes.get("exception.type") for event in span.events if event.name == "exception"), None)
    return named if isinstance(named, str) else ""


def _content(reading: Reading) -> Content:
    if reading.input is None and reading.output is None and reading.system is None and reading.tools is None:
        return _NO_CONTENT
    given, said = asked(decode(reading.input or "null")), answered(decode(reading.output or "null"))
    payloads = [cut(payload or "") for payload in (reading.system, reading.input, reading.output, reading.tools)]
    (system, _), (input_, _), (output, _), (tools, _) = payloads
    return Content(
        system=system,
        input=input_,
        output=output,
        tools=tools,
        input_text=given.text,
        output_text=said.text,
        input_preview=given.preview,
        output_preview=said.preview,
        truncated=any(lost for _, lost in payloads),
    )


_NO_CONTENT: Final = Content()
