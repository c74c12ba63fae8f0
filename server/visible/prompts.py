"""Prompts of the request's workspace, without those whose names may not be read; changed only by who may."""

from collections.abc import Mapping, Sequence
from typing import Any

from registry.access.checks import may, require, require_to_make
from registry.access.permissions import Action
from registry.access.roles import RoleService
from registry.prompts.errors import PromptNotFound
from registry.prompts.service import PromptService
from registry.prompts.types import Prompt, PromptPage, PromptVersion, RenderedPrompt
from registry.workspaces.scope import scoped, unscoped
from server.visible.names import said

__all__ = ("VisiblePrompts",)


class VisiblePrompts:
    """As ``PromptService``. Methods raise ``PermissionDenied``, too."""

    def __init__(self, prompts: PromptService, roles: RoleService) -> None:
        self._prompts = prompts
        self._roles = roles

    async def create_version(self, name: str, **fields: Any) -> PromptVersion:
        """Register the next version of a prompt that the caller may change. The maker of a new prompt manages it."""
        kept = scoped(name)
        known = await self._is_known(kept)
        if known:
            require("update", "registered_model", kept)
        else:
            require_to_make()
        made = await self._prompts.create_version(kept, **fields)
        if not known:
            await self._roles.made("registered_model", kept)
        return said(made)

    async def list(self, limit: int = 100, cursor: str = "") -> PromptPage:
        """A page of those that may be read, filled as far as there are any."""
        found: list[Prompt] = []
        cursor = scoped(cursor) if cursor else ""
        while True:
            page = await self._prompts.list(limit - len(found), cursor)
            found += [said(prompt) for prompt in page.prompts if may("read", "registered_model", prompt.name)]
            if page.next_cursor is None or len(found) >= limit:
                return PromptPage(prompts=found, next_cursor=None if page.next_cursor is None else unscoped(page.next_cursor))
            cursor = page.next_cursor

    async def get(self, name: str, selector: int | str | None = None) -> PromptVersion:
        """One version."""
        return said(await self._allowed("read", name).get(scoped(name), selector))

    async def prompt(self, name: str) -> Prompt:
        """A prompt and its aliases."""
        return said(await self._allowed("read", name).prompt(scoped(name)))

    async def versions(self, name: str, limit: int = 100) -> Sequence[PromptVersion]:
        """The newest versions of a prompt."""
        return [said(each) for each in await self._allowed("read", name).versions(scoped(name), limit)]

    async def render(self, name: str, selector: int | str | None, variables: Mapping[str, object]) -> RenderedPrompt:
        """The messages of a version with ``variables`` filled in."""
        return said(await self._allowed("read", name).render(scoped(name), selector, variables))

    async def set_alias(self, name: str, alias: str, version: int, reason: str = "") -> PromptVersion:
        """Point an alias at a version."""
        return said(await self._allowed("update", name).set_alias(scoped(name), alias, version, reason))

    async def delete_alias(self, name: str, alias: str, reason: str = "") -> None:
        """Remove an alias."""
        await self._allowed("update", name).delete_alias(scoped(name), alias, reason)

    async def delete_version(self, name: str, version: int, reason: str = "") -> None:
        """Remove a version."""
        await self._allowed("delete", name).delete_version(scoped(name), version, reason)

    async def delete(self, name: str, reason: str = "") -> None:
        """Remove a prompt with its permissions: the next one of its name is another one."""
        await self._allowed("delete", name).delete(scoped(name), reason)
        for kind in ("registered_model", "prompt"):
            await self._roles.removed(kind, scoped(name))

    def _allowed(self, action: Action, name: str) -> PromptService:
        require(action, "registered_model", scoped(name))
        return self._prompts

    async def _is_known(self, name: str) -> bool:
        try:
            await self._prompts.prompt(name)
        except PromptNotFound:
            return False
        return True
