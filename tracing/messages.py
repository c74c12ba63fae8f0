"""Messages, in whichever shape a client's library writes them, reduced to who said what.

Read are: GenAI parts (``[{"role", "parts": [{"type", "content"}]}]``), OpenAI and Anthropic (``[{"role", "content": text | blocks}]``),
what ``tracing.shapes`` knows of other libraries, and plain text. Anything else is shown as compact JSON.
"""

import re
import string
from collections.abc import Iterator
from typing import Final

import msgspec

from tracing.payload import encode
from tracing.shapes import conversation

__all__ = ("MAX_PREVIEW", "MAX_SEARCH_TEXT", "Message", "Summary", "answered", "asked", "messages", "new_messages", "plain_text")

MAX_PREVIEW: Final = 300
"""Characters of a preview."""

MAX_SEARCH_TEXT: Final = 64 * 1024
"""Characters of a payload that can be searched."""

_DEEPEST: Final = 32
_LONGEST_WORD: Final = 256
"""Characters from which on a run of base64's alphabet is no word, but data."""

_BASE64 = re.compile(rf"(?:data:[\w.+/-]{{1,100}};base64,)?[A-Za-z0-9+/_-]{{{_LONGEST_WORD},}}={{0,2}}")
_ALPHABET: Final = (string.ascii_letters + string.digits + "+/_-").encode()
_LETTERS: Final = bytes(ord("x") if byte in _ALPHABET else ord(" ") for byte in range(256))
_RUN: Final = b"x" * _LONGEST_WORD
_LISTS: Final = ("messages", "input")
_TEXTS: Final = (
    *("content", "text", "output", "input", "question", "query", "prompt", "answer", "response", "result", "output_text"),
    *("message", "task", "user_msg", "user_prompt", "contents", "args", "_value"),
)
_HEARD: Final = frozenset({"user", "system", "developer", "tool", "function"})
"""Who speaks to a model, and not for it."""


class Message(msgspec.Struct, frozen=True):
    """One message: its role (``""`` when unknown) and its text; what is not text stands there as ``[image]``."""

    role: str
    text: str


class Summary(msgspec.Struct, frozen=True):
    """``preview``: one line of at most ``MAX_PREVIEW`` characters. ``text``: what a search looks at, without roles and base64."""

    preview: str
    text: str


def messages(value: object) -> list[Message] | None:
    """The messages in a decoded payload, ``None`` when it holds none."""
    value = conversation(value)
    if isinstance(value, list):
        return [_message(item) for item in value] if value and all(_is_message(item) for item in value) else None
    if not isinstance(value, dict):
        return None
    for key in _LISTS:
        if isinstance(value.get(key), list):
            return messages(value[key])
    return [_message(value)] if _is_message(value) else None


def new_messages(found: list[Message]) -> list[Message]:
    """Those after the last answer of the model: what this call added to the conversation."""
    for index in range(len(found) - 1, -1, -1):
        if found[index].role in ("assistant", "model"):
            return found[index + 1 :] or found[-1:]
    return found


def asked(value: object) -> Summary:
    """Of an input: the newest message is shown, and what this call added to the conversation is searched."""
    found = messages(value)
    if found is None:
        return _whole(value)
    added = new_messages(found)
    spoken = [message for message in added if message.text and message.role not in ("system", "developer")]
    return Summary(_line((spoken or found)[-1].text), _searched(added))


def answered(value: object) -> Summary:
    """Of an output: its first message with text is shown, the last one where it is a whole conversation (LangGraph); all of it is searched."""
    found = messages(value)
    if found is None:
        return _whole(value)
    spoken = [message.text for message in found if message.text]
    whole = any(message.role in _HEARD for message in found)
    return Summary(_line(spoken[-1 if whole else 0] if spoken else ""), _searched(found))


def plain_text(value: object) -> str:
    """Text of a payload that is not messages: itself, its one obvious text, or compact JSON."""
    if (text := _text(value)) is not None:
        return text
    if isinstance(value, dict):
        for key in _TEXTS:
            if (text := _text(value.get(key))) is not None:
                return text
    return "" if value in (None, "") else encode(value)


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value or None
    return "\n".join(value) if isinstance(value, list) and value and all(isinstance(each, str) for each in value) else None


def _whole(value: object) -> Summary:
    text = plain_text(value)
    return Summary(_line(text), _limited(text))


def _searched(said: list[Message]) -> str:
    return _limited("\n".join(message.text for message in said))


def _limited(text: str) -> str:
    return _without_base64(text[: 4 * MAX_SEARCH_TEXT])[:MAX_SEARCH_TEXT]


def _is_message(value: object) -> bool:
    return isinstance(value, dict) and ("role" in value or "parts" in value) and bool(_BODY.intersection(value))


_BODY: Final = frozenset({"content", "parts", "tool_calls", "function_call"})


def _message(value: dict[str, object]) -> Message:
    role = value.get("role")
    pieces = [*_texts(value.get("parts")), *_texts(value.get("content")), *_texts(value.get("tool_calls"))]
    return Message(role if isinstance(role, str) else "", "\n".join(piece for piece in pieces if piece))


def _texts(value: object, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and depth < _DEEPEST:
        for item in value:
            yield from _texts(item, depth + 1)
    elif isinstance(value, dict) and depth < _DEEPEST:
        yield from _part(value, depth)


def _part(part: dict[str, object], depth: int) -> Iterator[str]:
    kind = part.get("type")
    if isinstance(part.get("function"), dict):
        yield _call(part["function"])
    elif kind in ("tool_call", "server_tool_call", "tool_use", "function_call", "tool-call"):
        yield _call(part)
    elif kind in ("tool_call_response", "server_tool_call_response", "tool_result", "tool-result", "function_response"):
        yield from _texts(part.get("response", part.get("result", part.get("content", part.get("output")))), depth + 1)
    elif kind in ("blob", "uri", "file", "image", "image_url", "input_image", "input_audio", "audio", "document"):
        yield f"[{part.get('modality') or str(kind).removeprefix('input_').removesuffix('_url')}]"
    else:
        yield from _texts(part.get("content", part.get("text", part.get("thinking"))), depth + 1)


def _call(call: object) -> str:
    if not isinstance(call, dict):
        return ""
    arguments = call.get("arguments", call.get("input", call.get("args", "")))
    return f"{call.get('name', call.get('toolName', 'tool'))}({arguments if isinstance(arguments, str) else encode(arguments)})"


def _line(text: str) -> str:
    line = " ".join(_without_base64(text[: 8 * MAX_PREVIEW]).split())
    return line if len(line) <= MAX_PREVIEW else line[: MAX_PREVIEW - 1] + "…"


def _without_base64(text: str) -> str:
    return _BASE64.sub("[data]", text) if _may_hold_base64(text) else text


def _may_hold_base64(text: str) -> bool:
    """Whether a run of letters is so long. Nearly no text has one, and the pattern begins anew at each letter of each word."""
    return len(text) >= _LONGEST_WORD and text.encode(errors="replace").translate(_LETTERS).find(_RUN) >= 0
