"""OpenAI's answers, read from a copy: what the span needs to know of them."""

from typing import Any

import msgspec

from gateway.errors import UpstreamBroken
from gateway.types import Message, Observation, Operation, Usage
from gateway.wire.openai import ChatAnswer, ChatChoice, ChatMessage, EmbeddingAnswer, WireUsage

__all__ = ("message_parts", "read_answer", "read_usage", "thinking_text")

_CHAT = msgspec.json.Decoder(ChatAnswer)
_EMBEDDING = msgspec.json.Decoder(EmbeddingAnswer)


def read_answer(operation: Operation, body: bytes) -> Observation:
    """Read a whole answer. Raises ``UpstreamBroken`` when it is not what the dialect promises."""
    try:
        return _embedding(_EMBEDDING.decode(body)) if operation is Operation.EMBEDDINGS else _chat(_CHAT.decode(body))
    except msgspec.MsgspecError as error:
        raise UpstreamBroken("The provider's answer is not JSON of OpenAI's form.") from error


def read_usage(usage: WireUsage | None) -> Usage | None:
    """The upstream's own figures; ``None`` when it gave none."""
    if usage is None or (usage.prompt_tokens is None and usage.completion_tokens is None):
        return None
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    return Usage(
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        cache_read_tokens=prompt.cached_tokens if prompt else None,
        cache_write_tokens=prompt.cache_write_tokens if prompt else None,
        reasoning_tokens=completion.reasoning_tokens if completion else None,
    )


def message_parts(message: ChatMessage) -> list[dict[str, Any]]:
    """The parts of a message in the form of the GenAI conventions."""
    parts: list[dict[str, Any]] = []
    if message.reasoning_content:
        parts.append({"type": "reasoning", "content": message.reasoning_content})
    if message.tool_call_id is not None:
        return [*parts, {"type": "tool_call_response", "id": message.tool_call_id, "response": message.content}]
    if isinstance(message.content, str):
        parts.append({"type": "text", "content": message.content})
    elif message.content:
        parts += [_content_part(part) for part in message.content]
    if message.refusal:
        parts.append({"type": "refusal", "content": message.refusal})
    parts += [
        {"type": "tool_call", "id": call.id, "name": call.function.name, "arguments": call.function.arguments}
        for call in message.tool_calls or ()
    ]
    return parts


def _content_part(part: dict[str, Any]) -> dict[str, Any]:
    if part.get("type") == "text":
        return {"type": "text", "content": part.get("text", "")}
    if part.get("type") == "thinking":
        return {"type": "reasoning", "content": thinking_text(part)}
    if part.get("type") == "image_url":
        image = part.get("image_url")
        return {"type": "uri", "modality": "image", "uri": image.get("url", "") if isinstance(image, dict) else image}
    return part


def thinking_text(part: dict[str, Any]) -> str:
    """A thought among the parts of a message, as Mistral has it: text, or parts of text."""
    thinking = part.get("thinking")
    if isinstance(thinking, list):
        return "".join(str(each.get("text", "")) for each in thinking if isinstance(each, dict))
    return thinking if isinstance(thinking, str) else ""


def _chat(answer: ChatAnswer) -> Observation:
    choices = answer.choices or []
    return Observation(
        response_id=answer.id,
        model=answer.model,
        finish_reasons=tuple(choice.finish_reason for choice in choices if choice.finish_reason),
        messages=[_message(choice) for choice in choices if choice.message or choice.text is not None],
        usage=read_usage(answer.usage),
        error=None if answer.error is None else "upstream_error",
    )


def _message(choice: ChatChoice) -> Message:
    message = choice.message or ChatMessage(content=choice.text)
    return Message(role=message.role or "assistant", parts=message_parts(message), finish_reason=choice.finish_reason)


def _embedding(answer: EmbeddingAnswer) -> Observation:
    return Observation(model=answer.model, usage=read_usage(answer.usage))
