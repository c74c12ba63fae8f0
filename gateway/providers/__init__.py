"""The upstream dialects: one folder each, and the one table that lists them.

To add a dialect: a folder with a class that implements ``gateway.types.Provider``, a line here, its name in ``config.schema.ProviderSettings.kind``.
"""

from collections.abc import Callable, Mapping

from config.schema import ProviderSettings
from gateway.providers.fake.provider import FakeProvider
from gateway.providers.openai.provider import OpenAIProvider
from gateway.types import Provider

__all__ = ("PROVIDERS", "build")

PROVIDERS: Mapping[str, Callable[[str, ProviderSettings], Provider]] = {
    "openai": OpenAIProvider,
    "fake": FakeProvider,
}


def build(name: str, settings: ProviderSettings) -> Provider:
    """The provider that ``settings`` describe, under the name that they have in the file."""
    return PROVIDERS[settings.kind](name, settings)
