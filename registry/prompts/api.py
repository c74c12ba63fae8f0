"""What the API of prompts asks for: ``PromptService``, or whatever stands before it and lets pass what a caller may do."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from registry.prompts.types import Prompt, PromptPage, PromptVersion, RenderedPrompt

__all__ = ("Prompts",)


class Prompts(Protocol):
    """Methods raise the trees of ``registry.prompts.errors`` and ``registry.errors``."""

    async def create_version(self, name: str, **fields: Any) -> PromptVersion:
        """Register the next version of a prompt."""
        ...

    async def list(self, limit: int = 100, cursor: str = "") -> PromptPage:
        """A page of prompts, by name."""
        ...

    async def get(self, name: str, selector: int | str | None = None) -> PromptVersion:
        """One version by number, alias or ``latest``."""
        ...

    async def prompt(self, name: str) -> Prompt:
        """A prompt and its aliases."""
        ...

    async def versions(self, name: str, limit: int = 100) -> Sequence[PromptVersion]:
        """The newest versions of a prompt, newest first."""
        ...

    async def render(self, name: str, selector: int | str | None, variables: Mapping[str, object]) -> RenderedPrompt:
        """The messages of a version with ``variables`` filled in."""
        ...

    async def set_alias(self, name: str, alias: str, version: int, reason: str = "") -> PromptVersion:
        """Point an alias at a version."""
        ...

    async def delete_alias(self, name: str, alias: str, reason: str = "") -> None:
        """Remove an alias."""
        ...

    async def delete_version(self, name: str, version: int, reason: str = "") -> None:
        """Remove a version and the aliases that point at it."""
        ...

    async def delete(self, name: str, reason: str = "") -> None:
        """Remove a prompt with everything under it."""
        ...
