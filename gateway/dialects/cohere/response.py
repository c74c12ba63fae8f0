"""An answer of Cohere's chat, into the neutral form."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from gateway.dialects.cohere import wire
from gateway.dialects.names import new_id
from gateway.dialects.reading import decoded_answer
from gateway.dialects.types import Answer, Candidate, Citation, DialectName, Finish, Part, Reasoning, Text, Tokens, ToolCall
from gateway.errors import UpstreamBroken

__all__ = ("read_answer", "read_citation", "read_finish", "read_tokens")

_ANSWER: Final = msgspec.json.Decoder(wire.Answer)
_FINISHES: Final = {
    "MAX_TOKENS": Finish.LENGTH,
    "TOOL_CALL": Finish.TOOL_CALLS,
    "ERROR_TOXIC": Finish.CONTENT_FILTER,
    "ERROR_LIMIT": Finish.LENGTH,
}
FAILURES: Final = frozenset({"ERROR", "TIMEOUT"})


def read_answer(body: bytes) -> Answer:
    """A whole answer in the neutral form. Raises ``UpstreamBroken``, also for a generation that the vendor itself calls failed."""
    sent = decoded_answer(body, _ANSWER, "Cohere")
    if sent.message is None or sent.finish_reason in FAILURES:
        raise UpstreamBroken(f"The provider answered 200 with the finish reason {sent.finish_reason!r}, or without 'message'.")
    candidate = Candidate(parts=tuple(_parts(sent.message)), finish=read_finish(sent.finish_reason))
    return Answer(id=sent.id, candidates=(candidate,), tokens=read_tokens(sent.usage))


def read_finish(reason: str | None) -> Finish | None:
    """``COMPLETE``, ``STOP_SEQUENCE`` and whatever comes next are an ordinary end."""
    return None if reason is None else _FINISHES.get(reason, Finish.STOP)


def read_tokens(usage: wire.Usage | None) -> Tokens | None:
    """Tokens as they are billed, since that is what is paid; those counted where nothing is said of billing."""
    units = None if usage is None else usage.billed_units or usage.tokens
    if usage is None or units is None or (units.input_tokens is None and units.output_tokens is None):
        return None
    cached = None if usage.cached_tokens is None else int(usage.cached_tokens)
    return Tokens(
        input=None if units.input_tokens is None else max(int(units.input_tokens) - (cached or 0), 0),
        cache_read=cached,
        output=None if units.output_tokens is None else int(units.output_tokens),
    )


def read_citation(sent: dict[str, Any]) -> Citation:
    """One citation: the offsets are in the text that cites; the first source is told."""
    sources = [source for source in sent.get("sources") or () if isinstance(source, dict)]
    document: dict[str, Any] = next((source["document"] for source in sources if isinstance(source.get("document"), dict)), {})
    start, end = sent.get("start"), sent.get("end")
    return Citation(
        url=document.get("url") if isinstance(document.get("url"), str) else None,
        title=document.get("title") if isinstance(document.get("title"), str) else None,
        cited=sent.get("text") if isinstance(sent.get("text"), str) else None,
        start=start if isinstance(start, int) else None,
        end=end if isinstance(end, int) else None,
        raw=sent,
    )


def _parts(message: wire.Message) -> Iterator[Part]:
    citations = tuple(map(read_citation, message.citations or ()))
    if message.tool_plan:
        yield Reasoning(text=message.tool_plan, origin=DialectName.COHERE)
    for item in message.content or ():
        if item.thinking:
            yield Reasoning(text=item.thinking, origin=DialectName.COHERE)
        elif item.text is not None:
            yield Text(item.text, citations=citations)
            citations = ()
    for call in message.tool_calls or ():
        function = call.function or wire.Function()
        yield ToolCall(id=call.id or new_id("call_"), name=function.name or "", arguments=function.arguments or "{}")
