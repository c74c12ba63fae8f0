"""The models that are known to be answered, as each dialect lists them."""

from collections.abc import Iterable
from typing import Final

from gateway.service import Gateway

__all__ = ("anthropic_models", "gemini_models", "listed_for", "openai_model", "openai_models")

STARTED: Final = 1_780_000_000
"""When every model in the list was made: nobody knows it of a vendor's model."""

STARTED_TEXT: Final = "2026-05-28T20:26:40Z"
METHODS: Final = ("generateContent", "streamGenerateContent", "countTokens")


def listed_for(gateway: Gateway, headers: Iterable[tuple[bytes, bytes]]) -> dict[str, object]:
    """The list at the path that three vendors share: by what only their own clients send."""
    sent = {name for name, _ in headers}
    if b"anthropic-version" in sent:
        return anthropic_models(gateway)
    return gemini_models(gateway) if sent & {b"x-goog-api-client", b"x-goog-api-key"} else openai_models(gateway)


def openai_models(gateway: Gateway) -> dict[str, object]:
    """OpenAI's list."""
    return {"object": "list", "data": [openai_model(name) for name in gateway.models()]}


def openai_model(name: str) -> dict[str, object]:
    """One of OpenAI's."""
    return {"id": name, "object": "model", "created": STARTED, "owned_by": name.partition("/")[0]}


def anthropic_models(gateway: Gateway) -> dict[str, object]:
    """Anthropic's list: one page."""
    names = gateway.models()
    listed = [{"type": "model", "id": name, "display_name": name, "created_at": STARTED_TEXT} for name in names]
    return {"data": listed, "has_more": False, "first_id": names[0] if names else None, "last_id": names[-1] if names else None}


def gemini_models(gateway: Gateway) -> dict[str, object]:
    """Google's list: one page."""
    methods = list(METHODS)
    return {"models": [{"name": f"models/{name}", "displayName": name, "supportedGenerationMethods": methods} for name in gateway.models()]}
