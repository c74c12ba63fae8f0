"""A completion, into the neutral form: the prompt is what the user says. And back, for what has only words."""

from typing import Any, Final

import msgspec

from gateway.dialects.openai_completions import wire
from gateway.dialects.reading import decoded_request, unread
from gateway.dialects.types import Message, Request, Sampling, Text, Written
from gateway.errors import InvalidRequest

__all__ = ("read_request", "write_request")

_REQUEST: Final = msgspec.json.Decoder(wire.Request)


def read_request(body: bytes) -> Request:
    """A client's request in the neutral form.

    Raises ``InvalidRequest``, also for several prompts at once, which no chat can answer in one.
    """
    sent = decoded_request(body, _REQUEST)
    return Request(
        model=sent.model,
        messages=(Message("user", (Text(_prompt(sent.prompt)),)),),
        sampling=Sampling(
            temperature=sent.temperature,
            top_p=sent.top_p,
            max_tokens=sent.max_tokens,
            stop=(sent.stop,) if isinstance(sent.stop, str) else tuple(sent.stop or ()),
            n=sent.n,
            seed=sent.seed,
            presence_penalty=sent.presence_penalty,
            frequency_penalty=sent.frequency_penalty,
            logit_bias=sent.logit_bias,
        ),
        stream=bool(sent.stream),
        include_usage=bool(sent.stream_options and sent.stream_options.include_usage),
        user=sent.user,
        extra=unread(body, wire.Request),
    )


def write_request(request: Request, model: str) -> Written:
    """See ``UpstreamDialect.write_request``: words alone cross, a line for each turn."""
    turns = [part.text for message in request.messages for part in message.parts if isinstance(part, Text)]
    body: dict[str, Any] = {"model": model, "prompt": "\n\n".join([*(part.text for part in request.system), *turns])}
    if request.sampling.max_tokens is not None:
        body["max_tokens"] = request.sampling.max_tokens
    if request.stream:
        body["stream"] = True
    return Written(body=msgspec.json.encode(body), dropped=tuple(request.extra))


def _prompt(sent: Any) -> str:
    if isinstance(sent, list) and len(sent) == 1:
        sent = sent[0]
    if isinstance(sent, str):
        return sent
    raise InvalidRequest("This provider is asked by a chat, which answers one prompt: 'prompt' must be one text.", param="prompt")
