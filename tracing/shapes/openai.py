"""OpenAI's chat and completions, and whoever writes like them (https://platform.openai.com/docs/api-reference/chat)."""

from typing import Final

from tracing.shapes.parts import Item, text, turn

__all__ = ("held", "turns")

_LISTS: Final = ("messages", "choices", "chat_history")


def held(value: Item) -> object:
    """The messages of a request, the choices of an answer, or its one ``message`` (Ollama, Cohere)."""
    found = next((value[key] for key in _LISTS if isinstance(value.get(key), list) and value[key]), None)
    if found is None and isinstance(message := value.get("message"), dict) and "role" in message:
        return message
    return found


def turns(item: Item) -> list[Item] | None:
    """A choice: with a message, or with the text of a completion."""
    finish = {"finish_reason": item["finish_reason"]} if isinstance(item.get("finish_reason"), str) else {}
    if isinstance(message := item.get("message"), dict) and isinstance(message.get("role"), str):
        return [{**message, **finish}]
    if isinstance(item.get("text"), str) and "index" in item:
        return [{**turn("assistant", [text(item["text"])]), **finish}]
    return None
