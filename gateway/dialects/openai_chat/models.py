"""What must be known of the models behind OpenAI's dialect to ask them right."""

import re
from typing import Final

__all__ = ("reasons", "wants_completion_limit")

_NEW: Final = re.compile(r"(?:.*/)?(?:o\d|gpt-[5-9]|codex|computer-use)")
_REASONING: Final = re.compile(r"(?:.*/)?(?:o\d|gpt-[5-9]|gpt-oss|codex|grok-[3-9]|deepseek|qwen3|magistral|gemini-(?:2\.5|[3-9]))")


def wants_completion_limit(model: str) -> bool:
    """Whether it refuses ``max_tokens`` and wants ``max_completion_tokens``; servers of other models often know only the former."""
    return _NEW.match(model) is not None


def reasons(model: str) -> bool:
    """Whether it is known to take ``reasoning_effort``; others answer 400 to it."""
    return _REASONING.match(model) is not None
