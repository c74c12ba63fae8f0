"""The models that are known to be answered, as each dialect lists them."""

from collections.abc import Iterable
from typing import Final

from gateway.dialects.types import DialectName
from gateway.service import Gateway

__all__ = ("anthropic_model", "anthropic_models", "gemini_model", "gemini_models", "listed_for", "openai_models", "spoken", "told_for")

STARTED: Final = 1_780_000_000
"""When every model in the list was made: nobody knows it of a vendor's model."""

STARTED_TEXT: Final = "2026-05-28T20:26:40Z"
METHODS: Final = ("generateContent", "streamGenerateContent", "countTokens", "embedContent")


def listed_for(gateway: Gateway, headers: Iterable[tuple[bytes, bytes]]) -> dict[str, object]:
    """The list at the path that three vendors share: by what only their own clients send."""
    return {DialectName.ANTHROPIC: anthropic_models, DialectName.GEMINI: gemini_models}.get(spoken(headers), openai_models)(gateway)


def told_for(name: str, headers: Iterable[tuple[bytes, bytes]]) -> dict[str, object]:
    """One model, at the path that three vendors share."""
    return {DialectName.ANTHROPIC: anthropic_model, DialectName.GEMINI: gemini_model}.get(spoken(headers), openai_model)(name)


def spoken(headers: Iterable[tuple[bytes, bytes]]) -> DialectName:
    """The dialect of a client, by what only its own SDK sends."""
    sent = {name for name, _ in headers}
    if b"anthropic-version" in sent:
        return DialectName.ANTHROPIC
    return DialectName.GEMINI if sent & {b"x-goog-api-client", b"x-goog-api-key"} else DialectName.OPENAI_CHAT


def openai_models(gateway: Gateway) -> dict[str, object]:
    """A list of models as OpenAI writes it."""
    return {"object": "list", "data": [openai_model(name) for name in gateway.models()]}


def openai_model(name: str) -> dict[str, object]:
    """A model as OpenAI writes it."""
    return {"id": name, "object": "model", "created": STARTED, "owned_by": name.partition("/")[0]}


def anthropic_models(gateway: Gateway) -> dict[str, object]:
    """A list of models as Anthropic writes it: one page."""
    names = gateway.models()
    listed = [anthropic_model(name) for name in names]
    return {"data": listed, "has_more": False, "first_id": names[0] if names else None, "last_id": names[-1] if names else None}


def anthropic_model(name: str) -> dict[str, object]:
    """A model as Anthropic writes it."""
    return {"type": "model", "id": name, "display_name": name, "created_at": STARTED_TEXT}


def gemini_models(gateway: Gateway) -> dict[str, object]:
    """A list of models as Google writes it: one page."""
    return {"models": [gemini_model(name) for name in gateway.models()]}


def gemini_model(name: str) -> dict[str, object]:
    """A model as Google writes it."""
    return {"name": f"models/{name}", "displayName": name, "supportedGenerationMethods": list(METHODS)}
