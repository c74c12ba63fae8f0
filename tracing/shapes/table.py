"""The table of shapes, and reading by it."""

from collections.abc import Callable
from typing import Final

import msgspec

from tracing.shapes import (
    anthropic,
    autogen,
    bedrock,
    crewai,
    gemini,
    haystack,
    langchain,
    llama_index,
    openai,
    openai_responses,
    pydantic_ai,
)
from tracing.shapes.parts import Item, is_standard

__all__ = ("SHAPES", "Shape", "conversation")

_DEEPEST: Final = 6


class Shape(msgspec.Struct, frozen=True):
    """How one library writes messages."""

    library: str
    held: Callable[[Item], object]
    """What in an object holds its messages: a list, another object, or ``None`` where the object is not this library's."""
    turns: Callable[[Item], list[Item] | None]
    """A message of the library, which may be several of the conventions'; ``None`` where it is not this library's."""


SHAPES: Final = (
    Shape("OpenAI Responses", openai_responses.held, openai_responses.turns),
    Shape("Gemini", gemini.held, gemini.turns),
    Shape("Haystack", haystack.held, haystack.turns),
    Shape("CrewAI", crewai.held, crewai.turns),
    Shape("Bedrock Converse and Strands", bedrock.held, bedrock.turns),
    Shape("LangChain and LangGraph", langchain.held, langchain.turns),
    Shape("LlamaIndex", llama_index.held, llama_index.turns),
    Shape("Pydantic AI", pydantic_ai.held, pydantic_ai.turns),
    Shape("AutoGen", autogen.held, autogen.turns),
    Shape("Anthropic", anthropic.held, anthropic.turns),
    Shape("OpenAI", openai.held, openai.turns),
)
"""In the order in which they are asked: the last two take what the others may hold, too."""


def conversation(value: object) -> object:
    """The messages in a decoded payload, in order. A payload with anything in it that no shape knows stays as it is, so that nothing is left out."""
    told: list[Item] = []
    for item in _items(value, 0):
        turns = _turns(item)
        if turns is None:
            return value
        told += turns
    return told or value


def _items(value: object, depth: int) -> list[object]:
    if isinstance(value, list):
        return _items(value[0], depth + 1) if len(value) == 1 and isinstance(value[0], list) and depth < _DEEPEST else value
    if not isinstance(value, dict):
        return []
    if depth < _DEEPEST and not is_standard(value):
        for shape in SHAPES:
            if (held := shape.held(value)) is not None:
                return _items(held, depth + 1)
    return [value]


def _turns(item: object) -> list[Item] | None:
    if not isinstance(item, dict):
        return None
    if is_standard(item):
        return [item]
    return next((turns for shape in SHAPES if (turns := shape.turns(item)) is not None), None)
