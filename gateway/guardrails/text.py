"""The words in a body of any dialect: where they stand, so that they can be replaced there. Pure.

Dialects agree on how they tell words from structure more than on anything else: words stand under few names (``content``, ``text``,
``arguments``, …), and what a tool was called with, or gave, is words throughout. So one walk serves all, in requests, answers and events.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from tracing.unreadable import UNREADABLE

__all__ = ("Place", "newest", "object_of", "places", "said", "tree_of")

_WORDS: Final = frozenset(
    {
        "arguments",
        "content",
        "delta",
        "input",
        "instructions",
        "output",
        "partial_json",
        "prompt",
        "reasoning",
        "reasoning_content",
        "refusal",
        "system",
        "text",
        "thinking",
        "documents",
        "query",
    }
)
"""Members that hold words."""

_FREE: Final = frozenset({"args", "arguments", "input", "response", "partial_args", "partialArgs", "willContinue", "will_continue"})
"""Members whose objects are of an application's own making: words wherever a string stands."""

_NO_WORDS: Final = frozenset(
    {
        "annotations",
        "audio",
        "citationMetadata",
        "citation_metadata",
        "file",
        "fileData",
        "file_data",
        "functions",
        "image_url",
        "inlineData",
        "inline_data",
        "input_audio",
        "logprobs",
        "metadata",
        "response_format",
        "safetyRatings",
        "safety_ratings",
        "source",
        "stream_options",
        "tool_choice",
        "tools",
        "usage",
        "usageMetadata",
        "usage_metadata",
    }
)
"""Members that hold none, or none of the conversation's."""

_AT: Final = ("index", "output_index", "content_index", "item_id")
"""Members that say which of several answers, parts or calls an event is about."""

_ANSWERERS: Final = ("assistant", "model")  # not a set, as what is looked for may be a list, which has no hash


_OBJECT: Final = msgspec.json.Decoder(dict[str, Any])
_ANY: Final = msgspec.json.Decoder()


class Place(msgspec.Struct, frozen=True):
    """Words in a tree: ``holder[at]``. ``channel`` is the same for those of an answer that belong together, in whichever event they come."""

    holder: Any
    at: Any
    channel: tuple[object, ...]

    @property
    def text(self) -> str:
        """The words at this place."""
        return str(self.holder[self.at])

    def put(self, text: str) -> None:
        """Replace the words at this place."""
        self.holder[self.at] = text


def object_of(body: bytes) -> dict[str, Any] | None:
    """A body as a tree; ``None`` for one that is no JSON object: a form, a sound, a picture."""
    try:
        return _OBJECT.decode(body)
    except UNREADABLE:
        return None


def tree_of(body: bytes) -> Any:
    """A body of JSON as a tree, an empty one as a tree of nothing; ``None`` for what is no JSON."""
    try:
        return _ANY.decode(body or b"{}")
    except UNREADABLE:
        return None


def places(tree: Any) -> Iterator[Place]:
    """Every place of words, in the order of the text."""
    return _walk(tree, (), words=False, free=False)


def said(tree: Any) -> str:
    """All words, for whoever reads them."""
    return "\n".join(filter(None, (place.text for place in places(tree))))


def newest(body: dict[str, Any]) -> dict[str, Any]:
    """What a request adds to its conversation: the messages since the last answer. What is no conversation is new as a whole."""
    for name in ("messages", "contents", "input"):
        listed = body.get(name)
        if isinstance(listed, list):
            answered = [at for at, each in enumerate(listed) if isinstance(each, dict) and each.get("role") in _ANSWERERS]
            return {name: listed[answered[-1] + 1 :] if answered else listed}
    return body


def _walk(value: Any, channel: tuple[object, ...], *, words: bool, free: bool) -> Iterator[Place]:
    if isinstance(value, dict):
        yield from _members(value, (*channel, *(value[name] for name in _AT if isinstance(value.get(name), int | str))), free=free)
    elif isinstance(value, list):
        for at, item in enumerate(value):
            own = isinstance(item, dict) and "index" in item  # it tells its own number
            below = channel if own else (*channel, at)
            if isinstance(item, str):
                if words or free:
                    yield Place(value, at, below)
            else:
                yield from _walk(item, below, words=words, free=free)


def _members(value: dict[str, Any], channel: tuple[object, ...], *, free: bool) -> Iterator[Place]:
    for name, member in value.items():
        if isinstance(member, str):
            if free or name in _WORDS:
                yield Place(value, name, (*channel, name))
        elif free or name not in _NO_WORDS:
            loose = free or (name in _FREE and isinstance(member, dict))
            yield from _walk(member, (*channel, name), words=name in _WORDS, free=loose)
