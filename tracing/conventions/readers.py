"""Readers that more than one convention needs: providers by their many names, JSON within text, messages as parts."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from tracing.payload import decode, encode
from tracing.types import Attribute

__all__ = ("json_list", "json_object", "mapped", "message", "messages", "provider", "unwrapped")

_PROVIDERS: Final = {
    "aws": "aws.bedrock",
    "bedrock": "aws.bedrock",
    "amazon-bedrock": "aws.bedrock",
    "az.ai.openai": "azure.ai.openai",
    "azure": "azure.ai.openai",
    "azure-openai": "azure.ai.openai",
    "google": "gcp.gemini",
    "gemini": "gcp.gemini",
    "google.generative-ai": "gcp.gemini",
    "google_genai": "gcp.gemini",
    "vertexai": "gcp.vertex_ai",
    "vertex_ai": "gcp.vertex_ai",
    "google.vertex": "gcp.vertex_ai",
    "google_vertexai": "gcp.vertex_ai",
    "mistral": "mistral_ai",
    "mistralai": "mistral_ai",
    "xai": "x_ai",
    "watsonx": "ibm.watsonx.ai",
}
"""OpenTelemetry's names for what libraries call a provider."""

_SURFACES: Final = re.compile(r"\.(?:chat|completion|completions|responses|messages|embedding|embeddings)$")


def provider(value: Attribute) -> str | None:
    """A provider by OpenTelemetry's name, where it has one. ``openai.chat`` and ``OpenAI`` are ``openai``."""
    if not isinstance(value, str) or not value:
        return None
    name = _SURFACES.sub("", value.strip().lower())
    return _PROVIDERS.get(name, name) or None


_ENCODED: Final = ("{", "[", '"')


def unwrapped(value: Attribute) -> object:
    """The value in a text that was encoded as JSON, once or twice over. Text that is not JSON stands for itself.

    So do ``1``, ``true`` and ``null``: exporters send numbers as numbers, and a function that returned the text ``1`` did not return 1.
    """
    found: object = value
    for _ in range(2):
        if not isinstance(found, str) or not found.startswith(_ENCODED):
            break
        found = decode(found)
    return found


def json_object(value: Attribute) -> Mapping[str, Attribute]:
    """An object given as one, or as JSON; empty when it is neither."""
    found = unwrapped(value)
    return found if isinstance(found, dict) else {}


def json_list(value: Attribute) -> list[object]:
    """A list given as one, or as JSON; empty when it is neither."""
    found = unwrapped(value)
    return found if isinstance(found, list) else []


def mapped(names: Mapping[str, str], key: Attribute) -> str | None:
    """The entry of a table for text that may be quoted once more."""
    found = unwrapped(key)
    return names.get(found) if isinstance(found, str) else None


def message(role: object, parts: Iterable[Mapping[str, object]]) -> dict[str, object]:
    """A message in OpenTelemetry's shape."""
    return {"role": role if isinstance(role, str) else "", "parts": list(parts)}


def messages(found: list[dict[str, object]]) -> str | None:
    """The payload of some messages, ``None`` when there are none."""
    return encode(found) if found else None
