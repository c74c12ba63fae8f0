"""Prompts by name in place of a model: the reference, and the port to whoever keeps the prompts."""

import re
from collections.abc import Mapping
from typing import Any, Final, Protocol

import msgspec

from gateway.errors import InvalidRequest, PromptNotFound

__all__ = ("PREFIX", "NoPrompts", "PromptReference", "PromptSource", "RenderedPrompt", "parse_reference", "with_rendered")

PREFIX: Final = "prompts:/"
_REFERENCE = re.compile(r"prompts:/(?P<name>[^/@]+)(?:@(?P<alias>[^/@]+)|/(?P<version>[0-9]+))?")


class PromptReference(msgspec.Struct, frozen=True):
    """A prompt as a request names it. ``selector`` is an alias or the digits of a version; ``latest`` when the request gave none."""

    name: str
    selector: str


class RenderedPrompt(msgspec.Struct, frozen=True, kw_only=True):
    """A prompt version with its variables filled in. ``model`` is what it asks to be answered by, ``None`` when it does not say."""

    messages: list[dict[str, Any]]
    name: str
    version: str
    model: str | None = None


class PromptSource(Protocol):
    """Who keeps the prompts."""

    async def render(self, name: str, selector: str, variables: Mapping[str, str | int | float]) -> RenderedPrompt:
        """The prompt with its variables filled in. Raises ``PromptNotFound`` or ``PromptVariableMissing``."""
        ...


class NoPrompts:
    """A source without prompts, for a gateway that stands alone."""

    async def render(self, name: str, selector: str, variables: Mapping[str, str | int | float]) -> RenderedPrompt:
        """Always raises ``PromptNotFound``."""
        raise PromptNotFound(f"The prompt {name!r} does not exist: this gateway has no prompt registry.", param="model")


def parse_reference(model: str) -> PromptReference | None:
    """``prompts:/name@alias``, ``prompts:/name/version`` or ``prompts:/name``; ``None`` when ``model`` names no prompt at all."""
    if not model.startswith(PREFIX):
        return None
    match = _REFERENCE.fullmatch(model)
    if match is None:
        raise InvalidRequest(f"{model!r} is no prompt: write 'prompts:/name@alias' or 'prompts:/name/version'.", param="model")
    return PromptReference(match["name"], match["alias"] or match["version"] or "latest")


def with_rendered(prompt: RenderedPrompt, messages: bytes) -> bytes:
    """JSON of the prompt's messages followed by the request's own, whose text stays as it was."""
    rendered = msgspec.json.encode(prompt.messages)
    own = messages.strip()
    if own in (b"", b"null"):
        return rendered
    if not own.startswith(b"["):
        raise InvalidRequest("'messages' must be an array of messages.", param="messages")
    inner = own[1:-1].strip()
    if not inner or not prompt.messages:
        return own if inner else rendered
    return rendered[:-1] + b"," + inner + b"]"
