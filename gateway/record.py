"""One span a request, in the GenAI conventions, made by our own tracer (``tracing.live``) through the API of OpenTelemetry.

https://github.com/open-telemetry/semantic-conventions-genai. The span ends, and so reaches the journal, before the last byte of the
answer goes to the client.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import perf_counter_ns
from typing import Any, Final

import msgspec
from opentelemetry.context import Context
from opentelemetry.trace import Status, StatusCode, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from gateway.attempts import Attempt, record_attempts, thrown_away
from gateway.content import Content, withhold
from gateway.dialects.types import DialectName
from gateway.estimate import estimate_tokens
from gateway.guardrails.spans import record_verdicts
from gateway.policies import Verdict
from gateway.prompts import RenderedPrompt
from gateway.providers.openai.answer import UnreadMessages
from gateway.said import said_in
from gateway.types import Inbound, Observation, Operation, Origin, Target, Usage
from gateway.wire.openai import RequestHead
from tracing.live import LiveSpan, LiveTracer, Parent
from tracing.openai_chat import texts_of, unread_attributes
from tracing.raw import RawLink
from tracing.unreadable import UNREADABLE

__all__ = ("Recording",)

_PROPAGATOR: Final = TraceContextTextMapPropagator()
_EMPTY: Final = Context()
_CONVERSATION: Final = b"x-tidegate-session-id"
_USER: Final = b"x-tidegate-user-id"


class Recording:
    """The span of one request, from its arrival to the end of its answer. ``finish`` is called exactly once."""

    __slots__ = (
        "_answered",
        "_asked",
        "_attributes",
        "_first_ns",
        "_head",
        "_inbound",
        "_left_asking",
        "_span",
        "_tracer",
        "attempts",
        "content",
        "thrown_away",
        "trace_id",
        "traceparent",
        "verdicts",
    )

    def __init__(self, tracer: LiveTracer, inbound: Inbound, head: RequestHead, shadow_of: LiveSpan | None = None) -> None:
        headers = dict(inbound.headers)
        operation = inbound.operation.value
        start: dict[str, Any] = {"gen_ai.operation.name": operation}
        if head.model:
            start["gen_ai.request.model"] = head.model
        if head.stream:
            start["gen_ai.request.stream"] = True
        if inbound.origin is not None:
            start |= _judging(inbound.origin)
        links: tuple[RawLink, ...] = ()
        if shadow_of is not None:
            start |= {"tidegate.shadow": True, "tidegate.shadow_of": shadow_of.raw.trace_id}
            links = (RawLink(shadow_of.raw.trace_id, shadow_of.raw.span_id, {}),)
        parent = _parent(headers) if shadow_of is None else None
        self._span = tracer.begin(f"{operation} {head.model or inbound.provider}", parent, start, inbound.received_ns, links=links)
        self.trace_id = self._span.raw.trace_id
        self.traceparent = self._span.traceparent
        self.attempts: Sequence[Attempt] = ()
        self.verdicts: Sequence[Verdict] = ()
        self.thrown_away: Sequence[tuple[Target, Usage]] = ()
        self._left_asking = False
        self._asked = self._answered = b""
        self.content: Content = "full"
        self._tracer = tracer
        self._inbound = inbound
        self._head = head
        self._first_ns: int | None = None
        self._attributes: dict[str, Any] = {}
        if isinstance(head.user, str) and head.user:
            self._attributes["user.id"] = head.user
        if user := headers.get(_USER):
            self._attributes["user.id"] = user.decode("latin-1")
        if session := headers.get(_CONVERSATION):
            self._attributes["gen_ai.conversation.id"] = session.decode("latin-1")

    def shadow(self) -> "Recording":
        """The span of a copy of this request, in a trace of its own: what is on this one is on that one too."""
        copy = Recording(self._tracer, self._inbound, self._head, self._span)
        copy._attributes |= self._attributes
        copy.content = self.content
        return copy

    def route(self, name: str) -> None:
        """Note the route by which the request came."""
        if name:
            self._attributes["tidegate.route"] = name

    def prompt(self, prompt: RenderedPrompt) -> None:
        """Note the prompt that was rendered into the request."""
        self._attributes |= {"gen_ai.prompt.name": prompt.name, "gen_ai.prompt.version": prompt.version}

    def target(self, target: Target, system: str, address: str) -> None:
        """Note the target that is about to be asked; the last one stays on the span."""
        if self._head.stream and self._first_ns is None:
            asyncio.get_running_loop().call_soon(self._tracer.settle)  # while the target thinks: before the first byte it would delay that
        self._attributes |= {
            "gen_ai.provider.name": system,
            "server.address": address,
            "tidegate.target": target.name,
        }
        if target.model:
            self._attributes["gen_ai.request.model"] = target.model

    def first_byte(self) -> None:
        """Note that the first bytes of a stream are there."""
        if self._first_ns is None:
            self._tracer.settle()  # before anybody hears of it
            self._first_ns = perf_counter_ns() - self._inbound.started

    def finish(self, body: bytes, observation: Observation | None = None, error: str | None = None, detail: str = "") -> Usage | None:
        """End the span: what was sent (``body`` with its prompt), what came back, what went wrong. Returns the usage that is known."""
        attributes = self._attributes
        usage = None
        if self._first_ns is not None:
            attributes["gen_ai.response.time_to_first_chunk"] = self._first_ns / 1e9
        texts = self._said(body)
        asked = partial(_estimated, texts)
        if len(self.attempts) > 1:
            attributes["tidegate.attempts"] = len(self.attempts)
            record_attempts(self._tracer, self._span, self._inbound.operation, self.attempts, asked)
            self.thrown_away = thrown_away(self.attempts, asked)
        elif self._left_asking and self._inbound.resource is None:
            usage = Usage(input_tokens=asked(), estimated=True)
            self._observed(Observation(), usage)
        if observation is not None:
            usage = observation.usage or self._estimate(texts, observation)
            self._observed(observation, usage)
        self._parameters()
        error = error or (observation.error if observation else None)
        if error is not None:
            attributes["error.type"] = error
        if self.verdicts:
            record_verdicts(self._tracer, self._span, self.verdicts)
        if self.content == "full":
            self._span.said(self._asked, self._answered)
        else:
            attributes |= unread_attributes(self._asked, self._answered)
            withhold(attributes, self.content)
        self._span.set_attributes(attributes)
        if error is None:
            self._span.succeeded()
        else:
            self._span.set_status(Status(StatusCode.ERROR, detail))
        self._span.end()
        return usage

    def rewritten(self, inbound: Inbound, head: RequestHead) -> None:
        """Record ``body`` as what was asked: the request was changed before it was sent."""
        self._inbound, self._head = inbound, head

    def left(self, *, asking: bool, client: bool) -> None:
        """Note that there will be no answer: the ``client`` went away, or the server stops.

        ``asking``: a target has been asked, so the tokens that were sent are paid for.
        """
        if client:
            self._attributes["tidegate.client_disconnected"] = True
        self._left_asking = asking

    def note(self, attributes: Mapping[str, Any]) -> None:
        """Put attributes of a policy on the span."""
        self._attributes |= attributes

    def _said(self, body: bytes) -> Callable[[], list[str]]:
        """Put what the request says on the span. Returns its texts, for an estimate of its tokens."""
        if self._inbound.dialect is not DialectName.OPENAI_CHAT and self._inbound.operation is not Operation.EMBEDDINGS:
            texts = self._said_otherwise()
            return lambda: texts
        raw = bytes(self._head.messages) if self._inbound.operation in (Operation.CHAT, Operation.PASSTHROUGH) else b""
        if raw:
            self._asked = raw
            if tools := bytes(self._head.tools):
                self._attributes["gen_ai.tool.definitions"] = tools.decode(errors="replace")
            return partial(texts_of, raw)
        text = _said_in(bytes(self._head.input) or bytes(self._head.prompt)) if body else ""
        if text:
            self._attributes["gen_ai.input.messages"] = text
        return lambda: [text]

    def _said_otherwise(self) -> list[str]:
        """The same for a request in another dialect than OpenAI's chat."""
        if (said := said_in(self._inbound)) is None:
            return []
        if said.system:
            self._attributes["gen_ai.system_instructions"] = _json(said.system)
        self._attributes["gen_ai.input.messages"] = _json(said.messages)
        if said.tools:
            self._attributes["gen_ai.tool.definitions"] = _json(said.tools)
        parts = [*said.system, *(part for message in said.messages for part in message["parts"])]
        return [str(part.get("content", "")) for part in parts if part["type"] == "text"]

    def _observed(self, observation: Observation, usage: Usage) -> None:
        attributes = self._attributes
        if isinstance(observation.messages, UnreadMessages):
            self._answered = observation.messages.answer
        elif observation.messages:
            attributes["gen_ai.output.messages"] = _json(observation.messages)
        if observation.response_id is not None:
            attributes["gen_ai.response.id"] = observation.response_id
        if observation.model is not None:
            attributes["gen_ai.response.model"] = observation.model
        if observation.finish_reasons:
            attributes["gen_ai.response.finish_reasons"] = observation.finish_reasons
        self._used(usage)

    def _used(self, usage: Usage) -> None:
        """Note the tokens that are known. One by one: a table of names would be walked for every request."""
        attributes = self._attributes
        if usage.input_tokens is not None:
            attributes["gen_ai.usage.input_tokens"] = usage.input_tokens
        if usage.output_tokens is not None:
            attributes["gen_ai.usage.output_tokens"] = usage.output_tokens
        if usage.cache_read_tokens is not None:
            attributes["gen_ai.usage.cache_read.input_tokens"] = usage.cache_read_tokens
        if usage.cache_write_tokens is not None:
            attributes["gen_ai.usage.cache_write.input_tokens"] = usage.cache_write_tokens
        if usage.reasoning_tokens is not None:
            attributes["gen_ai.usage.reasoning.output_tokens"] = usage.reasoning_tokens
        if usage.estimated:
            attributes["tidegate.usage.estimated"] = True

    def _parameters(self) -> None:
        head = self._head
        limit = head.max_completion_tokens if head.max_completion_tokens is not None else head.max_tokens
        if limit is None and head.temperature is None and head.top_p is None:
            return
        if isinstance(head.temperature, (int, float)):
            self._attributes["gen_ai.request.temperature"] = head.temperature
        if isinstance(head.top_p, (int, float)):
            self._attributes["gen_ai.request.top_p"] = head.top_p
        if isinstance(limit, (int, float)):
            self._attributes["gen_ai.request.max_tokens"] = limit

    def _estimate(self, texts: Callable[[], list[str]], observation: Observation) -> Usage:
        """An estimate of the tokens of a request and its answer.

        Empty for resources: nobody knows what pictures, sounds and files are charged for.
        """
        if self._inbound.resource is not None:
            return Usage()
        said = [str(part.get("content") or part.get("arguments") or "") for message in observation.messages for part in message.parts]
        output = estimate_tokens("".join(said)) if self._inbound.operation is not Operation.EMBEDDINGS else None
        return Usage(input_tokens=_estimated(texts), output_tokens=output, estimated=True)


def _estimated(texts: Callable[[], list[str]]) -> int:
    return sum(estimate_tokens(text) for text in texts())


def _said_in(prompt: bytes) -> str:
    """What a prompt says where it is one text; several, and tokens, as the JSON they are."""
    try:
        return msgspec.json.decode(prompt, type=str)
    except UNREADABLE:
        return prompt.decode(errors="replace")


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _parent(headers: dict[bytes, bytes]) -> Parent | None:
    """The caller's span, by W3C trace context; none when the header is absent or unreadable."""
    header = headers.get(b"traceparent")
    if header is None:
        return None
    state = headers.get(b"tracestate", b"").decode("latin-1")
    carrier = {"traceparent": header.decode("latin-1"), "tracestate": state}
    context = get_current_span(_PROPAGATOR.extract(carrier, _EMPTY)).get_span_context()
    return Parent(f"{context.trace_id:032x}", f"{context.span_id:016x}", state) if context.is_valid else None


def _judging(origin: Origin) -> dict[str, str]:
    """Attributes that tell who inside this process asks: a judge and the trace it judges, a guardrail, or a route's cache."""
    if origin.cache:
        return {"tidegate.cache.of": origin.cache}
    if origin.guardrail:
        return {"tidegate.guardrail": origin.guardrail}
    return {
        "tidegate.judge.name": origin.judge_name,
        "tidegate.judge.version": origin.judge_version,
        "tidegate.judged.trace_id": origin.judged_trace_id,
    }
