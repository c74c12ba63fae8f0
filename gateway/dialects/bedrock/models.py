"""What must be known of Bedrock's model families to ask them right.

https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html. A model that no pattern matches (a profile of somebody's own, whose name
says nothing) is asked for nothing that only some can do.
"""

import re
from typing import Any, Final

import msgspec

__all__ = ("Family", "family")


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """``formats``: it can be held to a JSON Schema. ``top_k`` is the path of that setting among the model's own, ``effort`` of the amount of thinking."""

    formats: bool = False
    top_k: tuple[str, ...] = ()
    effort: tuple[str, ...] = ()

    def thinking(self, effort: str) -> dict[str, Any] | None:
        """The model's own members that ask for so much of it; ``None`` where nothing can."""
        if not self.effort:
            return None
        word = {"none": "low", "minimal": "low", "xhigh": "high", "max": "high"}.get(effort, effort)
        if self.effort[0] == "reasoningConfig":
            kind = {"type": "disabled"} if effort == "none" else {"type": "enabled", "maxReasoningEffort": word}
            return {"reasoningConfig": kind}
        return {self.effort[0]: word}


_FAMILIES: Final = (
    (re.compile(r"amazon\.nova-2"), Family(top_k=("inferenceConfig", "topK"), effort=("reasoningConfig",))),
    (re.compile(r"amazon\.nova"), Family(top_k=("inferenceConfig", "topK"))),
    (re.compile(r"openai\.gpt-oss"), Family(formats=True, effort=("reasoning_effort",))),
    (re.compile(r"mistral\."), Family(formats=True, top_k=("top_k",))),
    (re.compile(r"cohere\."), Family(top_k=("k",))),
    (re.compile(r"(?:qwen|deepseek|google\.gemma|minimax|moonshot|nvidia)"), Family(formats=True)),
)
_UNKNOWN: Final = Family()


def family(model: str) -> Family:
    """What is known of ``model``."""
    return next((known for pattern, known in _FAMILIES if pattern.search(model)), _UNKNOWN)
