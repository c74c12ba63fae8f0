"""An answer to a completion, into the neutral form and out of it."""

from time import time
from typing import Any, Final

import msgspec

from gateway.dialects.names import new_id
from gateway.dialects.openai_chat.response import read_finish, read_tokens, written_usage
from gateway.dialects.openai_completions import wire
from gateway.dialects.reading import decoded_answer
from gateway.dialects.types import Answer, Candidate, Finish, Refusal, Request, Text
from gateway.errors import UpstreamBroken

__all__ = ("read_answer", "told_finish", "write_answer")

_ANSWER: Final = msgspec.json.Decoder(wire.Answer)


def read_answer(body: bytes) -> Answer:
    """A whole answer in the neutral form. Raises ``UpstreamBroken``."""
    sent = decoded_answer(body, _ANSWER, "OpenAI")
    if sent.error is not None or sent.choices is None:
        raise UpstreamBroken("The provider answered 200 with an error, or without 'choices'.")
    return Answer(
        id=sent.id,
        model=sent.model,
        created=sent.created,
        candidates=tuple(
            Candidate(parts=(Text(each.text),), finish=read_finish(each.finish_reason, called=False), index=each.index)
            for each in sent.choices
        ),
        tokens=read_tokens(sent.usage),
    )


def write_answer(answer: Answer, request: Request) -> bytes:
    """The body of an answer: words alone, whatever else was said."""
    body: dict[str, Any] = {
        "id": answer.id or new_id("cmpl-"),
        "object": "text_completion",
        "created": answer.created if answer.created is not None else int(time()),
        "model": answer.model or request.model,
        "choices": [_choice(candidate) for candidate in answer.candidates],
    }
    if answer.tokens is not None:
        body["usage"] = written_usage(answer.tokens)
    return msgspec.json.encode(body)


def told_finish(finish: Finish | None) -> str:
    """``finish_reason``: the dialect knows no tools."""
    return Finish.STOP.value if finish in {None, Finish.TOOL_CALLS} else str(finish)


def _choice(candidate: Candidate) -> dict[str, Any]:
    text = "".join(part.text for part in candidate.parts if isinstance(part, Text | Refusal))
    return {"index": candidate.index, "text": text, "logprobs": None, "finish_reason": told_finish(candidate.finish)}
