"""What routing and the span need of a request, whichever dialect it came in."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from gateway.dialects.reading import member_at_fault, too_deep
from gateway.dialects.types import DialectName
from gateway.errors import InvalidRequest
from gateway.prompts import PREFIX
from gateway.types import Inbound
from gateway.wire.openai import RequestHead
from tracing.unreadable import UNREADABLE

__all__ = ("head_of",)


class GenerationConfig(msgspec.Struct, rename="camel"):
    """``generationConfig`` of Gemini's, whose members have two spellings, as all of its names."""

    temperature: Any = None
    top_p: Any = None
    max_output_tokens: Any = None
    spelt_top_p: Any = msgspec.field(default=None, name="top_p")
    spelt_max_output_tokens: Any = msgspec.field(default=None, name="max_output_tokens")


class GeminiHead(msgspec.Struct, rename="camel"):
    """A request of Gemini's: model and stream are in its URL."""

    contents: msgspec.Raw = msgspec.Raw()
    requests: msgspec.Raw = msgspec.Raw()
    tools: msgspec.Raw = msgspec.Raw()
    generation_config: GenerationConfig | None = None
    spelt_generation_config: GenerationConfig | None = msgspec.field(default=None, name="generation_config")
    labels: Any = None
    prompt_variables: dict[str, str | int | float] | None = None
    spelt_prompt_variables: dict[str, str | int | float] | None = msgspec.field(default=None, name="prompt_variables")


class PromptedHead(RequestHead):
    """A request that names a prompt and, maybe, the model to answer it."""

    asked_model: str = ""


class Prompt(msgspec.Struct):
    """``prompt`` of OpenAI's Responses. ``version`` is a number or an alias here."""

    id: str
    version: str | None = None
    variables: dict[str, str | int | float] | None = None


class ResponsesHead(msgspec.Struct):
    """A request of OpenAI's Responses; ``prompt`` may stand in for the model."""

    model: str = ""
    stream: bool | None = None
    input: msgspec.Raw = msgspec.Raw()
    tools: msgspec.Raw = msgspec.Raw()
    user: Any = None
    metadata: Any = None
    previous_response_id: Any = None
    store: Any = None
    temperature: Any = None
    top_p: Any = None
    max_output_tokens: Any = None
    prompt: msgspec.Raw = msgspec.Raw()
    prompt_variables: dict[str, str | int | float] | None = None


_CHAT: Final = msgspec.json.Decoder(RequestHead)
_GEMINI: Final = msgspec.json.Decoder(GeminiHead)
_RESPONSES: Final = msgspec.json.Decoder(ResponsesHead)
_PROMPT: Final = msgspec.json.Decoder(Prompt)
_HOSTED: Final = "pmpt_"
"""How identifiers of prompts begin that OpenAI keeps."""


def head_of(inbound: Inbound) -> RequestHead:
    """The head of a request. Raises ``InvalidRequest``, which says where the body is wrong."""
    try:
        if inbound.resource is not None and (inbound.provider or inbound.model):
            return _resource(inbound)
        if not inbound.body.isascii():
            inbound.body.decode()  # a message is read later, or by somebody else: what is no text is refused before it is sent
        return _READERS.get(inbound.dialect, _chat)(inbound)
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"The body is not UTF-8: byte {error.start} is {error.object[error.start]:#04x} ({error.reason}).") from error
    except msgspec.MsgspecError as error:
        raise InvalidRequest(f"The body cannot be read as a request: {error}.", param=member_at_fault(str(error))) from error
    except RecursionError as error:
        raise too_deep() from error


def _resource(inbound: Inbound) -> RequestHead:
    """The head of a form, or of whatever is passed through: what can be read of it."""
    try:
        head = _CHAT.decode(inbound.body)
    except UNREADABLE:
        return RequestHead(model=inbound.model, stream=inbound.stream)
    head.model = inbound.model
    return head


def _chat(inbound: Inbound) -> RequestHead:
    return _CHAT.decode(inbound.body)


def _anthropic(inbound: Inbound) -> RequestHead:
    head = _CHAT.decode(inbound.body)
    head.user = head.metadata.get("user_id") if isinstance(head.metadata, dict) else None
    return head


def _gemini(inbound: Inbound) -> RequestHead:
    sent = _GEMINI.decode(inbound.body)
    config = sent.generation_config or sent.spelt_generation_config or GenerationConfig()
    return RequestHead(
        model=inbound.model,
        stream=inbound.stream,
        messages=sent.contents,
        input=sent.requests,
        tools=sent.tools,
        prompt_variables=sent.prompt_variables or sent.spelt_prompt_variables,
        metadata=sent.labels,
        temperature=config.temperature,
        top_p=config.spelt_top_p if config.top_p is None else config.top_p,
        max_tokens=config.spelt_max_output_tokens if config.max_output_tokens is None else config.max_output_tokens,
    )


def _responses(inbound: Inbound) -> RequestHead:
    sent = _RESPONSES.decode(inbound.body)
    prompt = _PROMPT.decode(sent.prompt) if bytes(sent.prompt).startswith(b"{") else None
    ours = prompt is not None and not prompt.id.startswith(_HOSTED)
    if not ours and not sent.model:
        raise InvalidRequest("Name a 'model', or a 'prompt' of this server's registry.", param="model")
    return PromptedHead(
        model=_reference(prompt) if ours and prompt is not None else sent.model,
        asked_model=sent.model,
        prompt_variables=sent.prompt_variables if prompt is None or prompt.variables is None else prompt.variables,
        stream=sent.stream,
        messages=sent.input,
        tools=sent.tools,
        user=sent.user,
        metadata=sent.metadata,
        previous_response_id=sent.previous_response_id,
        store=sent.store,
        temperature=sent.temperature,
        top_p=sent.top_p,
        max_tokens=sent.max_output_tokens,
    )


def _reference(prompt: Prompt) -> str:
    """As ``gateway.prompts`` has them."""
    name = f"{PREFIX}{prompt.id.removeprefix(PREFIX)}"
    if prompt.version is None:
        return name
    return f"{name}/{prompt.version}" if prompt.version.isdigit() else f"{name}@{prompt.version}"


_READERS: Final[Mapping[DialectName, Callable[[Inbound], RequestHead]]] = {
    DialectName.ANTHROPIC: _anthropic,
    DialectName.GEMINI: _gemini,
    DialectName.OPENAI_RESPONSES: _responses,
}
