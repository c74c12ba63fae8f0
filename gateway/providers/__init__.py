"""Whom an account can be with, and the one table that lists them.

To add a vendor of OpenAI's dialect: a row in ``config.providers.VENDORS`` and one in ``gateway.providers.openai.quirks.COMPATIBLE``. To add another: a
folder with a class that implements ``gateway.types.Provider``, and a line here. Its name is in ``config.schema.ProviderKind`` either way.
"""

from collections.abc import Callable, Mapping
from functools import partial

from config.schema import ProviderSettings
from gateway.providers.anthropic.provider import AnthropicProvider
from gateway.providers.azure.provider import AzureProvider
from gateway.providers.bedrock.provider import BedrockProvider
from gateway.providers.cohere.provider import CohereProvider
from gateway.providers.fake.provider import FakeProvider
from gateway.providers.gemini.provider import GeminiProvider
from gateway.providers.openai.provider import OpenAIProvider
from gateway.providers.openai.quirks import COMPATIBLE
from gateway.providers.vertex.provider import VertexProvider
from gateway.types import Provider

__all__ = ("PROVIDERS", "build")

PROVIDERS: Mapping[str, Callable[[str, ProviderSettings], Provider]] = {
    **{name: partial(OpenAIProvider, quirks=quirks) for name, quirks in COMPATIBLE.items()},
    "azure": AzureProvider,
    "anthropic": AnthropicProvider,
    "gemini": GeminiProvider,
    "vertex": VertexProvider,
    "bedrock": BedrockProvider,
    "cohere": CohereProvider,
    "fake": FakeProvider,
}


def build(name: str, settings: ProviderSettings) -> Provider:
    """The provider that ``settings`` describe, under the name that they have in the file."""
    return PROVIDERS[settings.kind or "openai"](name, settings)
