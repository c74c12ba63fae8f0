"""What must be known of Claude models to ask them right. The first pattern that matches a model's name counts.

https://docs.anthropic.com/en/docs/about-claude/models. Names carry prefixes and suffixes on Vertex (``@20250929``) and Bedrock (``us.anthropic.…-v1:0``).
A name that no pattern matches is taken for a new model.
"""

import re
from typing import Final, Literal

import msgspec

__all__ = ("Claude", "claude")


class Claude(msgspec.Struct, frozen=True, kw_only=True):
    """``most_tokens`` an answer may have; whether thinking is asked for by a ``budget``, by ``adaptive`` effort, or not at all.

    ``formats``: it can be held to a JSON Schema; ``samples``: it takes ``temperature``, ``top_p`` and ``top_k``; ``one_of_sampling``: but not the
    first two together.
    """

    most_tokens: int
    thinking: Literal["none", "budget", "adaptive"]
    formats: bool
    one_of_sampling: bool
    samples: bool = True


_OLD: Final = Claude(most_tokens=4096, thinking="none", formats=False, one_of_sampling=False)
_HALF: Final = Claude(most_tokens=8192, thinking="none", formats=False, one_of_sampling=False)
_THIRD: Final = Claude(most_tokens=64000, thinking="budget", formats=False, one_of_sampling=False)
_OPUS: Final = Claude(most_tokens=32000, thinking="budget", formats=False, one_of_sampling=False)
_OPUS_1: Final = Claude(most_tokens=32000, thinking="budget", formats=True, one_of_sampling=True)
_FOUR_FIVE: Final = Claude(most_tokens=64000, thinking="budget", formats=True, one_of_sampling=True)
_FOUR_SIX: Final = Claude(most_tokens=64000, thinking="adaptive", formats=True, one_of_sampling=True)
_NEW: Final = Claude(most_tokens=64000, thinking="adaptive", formats=True, one_of_sampling=True, samples=False)

_MODELS: Final = (
    (re.compile(r"claude-(?:instant|2|3-(?:haiku|sonnet|opus))"), _OLD),
    (re.compile(r"claude-3-5"), _HALF),
    (re.compile(r"claude-3-7"), _THIRD),
    (re.compile(r"claude-opus-4-1"), _OPUS_1),
    (re.compile(r"claude-(?:opus|sonnet|haiku)-4-5"), _FOUR_FIVE),
    (re.compile(r"claude-(?:opus|sonnet)-4-6"), _FOUR_SIX),
    (re.compile(r"claude-opus-4(?:-0)?(?!-?\d(?!\d))"), _OPUS),
    (re.compile(r"claude-sonnet-4(?:-0)?(?!-?\d(?!\d))"), _THIRD),
)


def claude(model: str) -> Claude:
    """What is known of ``model``."""
    return next((known for pattern, known in _MODELS if pattern.search(model)), _NEW)
