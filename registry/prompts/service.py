"""Prompts: registering versions, moving aliases, rendering.

Rendering is on the gateway's path, so versions (which never change) and the targets of aliases are kept in memory: an alias is looked
up again a second after it was read, at once when this process moved it, and stays as it was known while the database cannot be reached.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol, TypeVar

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from registry.prompts import store
from registry.prompts.cache import PromptCache
from registry.prompts.errors import PromptContention, PromptNotFound
from registry.prompts.names import check_alias, check_name, check_new_version, could_exist, parse_selector
from registry.prompts.render import check_template, fill, fill_messages, match_variables, variables_of
from registry.prompts.types import LATEST, Message, NewVersion, Prompt, PromptPage, PromptVersion, RenderedPrompt
from storage.errors import Unavailable

__all__ = ("Metadata", "PromptService")

T = TypeVar("T")
MAX_TRIES: Final = 5


class Metadata(Protocol):
    """The metadata database, as prompts need it."""

    async def run(self, fn: Callable[[Connection], T]) -> T:
        """Run ``fn`` in a worker thread, within one transaction."""
        ...

    async def read(self, fn: Callable[[Connection], T]) -> T:
        """The same for work that only reads."""
        ...


class PromptService:
    """Everything that is done with prompts. Methods raise the tree of ``registry.prompts.errors``."""

    def __init__(self, metadata: Metadata, cache: PromptCache | None = None) -> None:
        self._metadata = metadata
        self._cache = cache or PromptCache()
        self._lookups = asyncio.Lock()

    async def create_version(
        self,
        name: str,
        *,
        template: str | None = None,
        messages: Sequence[Message] | None = None,
        aliases: Sequence[str] = (),
        commit_message: str = "",
        tags: Mapping[str, str] | None = None,
        model: str | None = None,
        created_by: str = "",
    ) -> PromptVersion:
        """Register the next version of a prompt, and the prompt itself when it is new; its aliases move to it in the same transaction."""
        new = NewVersion(
            name=name,
            template=template,
            messages=None if messages is None else list(messages),
            aliases=list(dict.fromkeys(aliases)),
            commit_message=commit_message,
            tags=dict(tags or {}),
            model=model,
        )
        check_new_version(new)
        check_template(_text(new))
        version = await self._insert(_first_version(new, created_by))
        self._cache.forget(name)
        return version

    async def get(self, name: str, selector: int | str | None = None) -> PromptVersion:
        """One version by number, alias or ``latest``, as the database has it now."""
        check_name(name)
        return await self._metadata.read(lambda connection: _find(connection, name, parse_selector(selector)))

    async def prompt(self, name: str) -> Prompt:
        """A prompt and its aliases."""
        check_name(name)
        return await self._metadata.read(lambda connection: _find_prompt(connection, name))

    async def list(self, limit: int = 100, cursor: str = "") -> PromptPage:
        """A page of prompts, by name."""
        found = await self._metadata.read(lambda connection: store.read_prompts(connection, cursor, limit + 1))
        page = found[:limit]
        return PromptPage(prompts=page, next_cursor=page[-1].name if len(found) > limit else None)

    async def versions(self, name: str, limit: int = 100) -> Sequence[PromptVersion]:
        """The newest versions of a prompt, newest first."""
        check_name(name)

        def read(connection: Connection) -> Sequence[PromptVersion]:
            _find_prompt(connection, name)
            return store.read_versions(connection, name, limit)

        return await self._metadata.read(read)

    async def set_alias(self, name: str, alias: str, version: int) -> PromptVersion:
        """Point an alias at a version; gives that version."""
        check_alias(alias)
        check_name(name)
        at = _now()

        def write(connection: Connection) -> PromptVersion:
            _find(connection, name, version)
            store.lock_prompt(connection, name, at)
            store.put_alias(connection, name, alias, version, at)
            return _find(connection, name, version)

        found = await self._metadata.run(write)
        self._cache.forget(name)
        return found

    async def delete_alias(self, name: str, alias: str) -> None:
        """Remove an alias; its version stays."""
        check_alias(alias)
        check_name(name)

        def write(connection: Connection) -> None:
            if not store.delete_alias(connection, name, alias):
                raise _not_found(_find_prompt(connection, name), alias)

        await self._metadata.run(write)
        self._cache.forget(name)

    async def render(self, name: str, selector: int | str | None, variables: Mapping[str, object]) -> RenderedPrompt:
        """The messages of a version with ``variables`` (text or numbers) filled in.

        Raises:
            VariablesRejected: unless exactly the variables of the template are given; the message names those that are not.
        """
        version = await self._recall(name, parse_selector(selector))
        values = match_variables(version.variables, variables)
        return RenderedPrompt(name=name, version=version.version, model=version.model, messages=_messages(version, values))

    async def _recall(self, name: str, selector: int | str) -> PromptVersion:
        """The version meant, from memory while that is fresh; callers that miss together ask the database once."""
        if (known := self._cache.fresh(name, selector)) is not None:
            return known
        async with self._lookups:
            return self._cache.fresh(name, selector) or await self._look_up(name, selector)

    async def _look_up(self, name: str, selector: int | str) -> PromptVersion:
        generation = self._cache.begin()
        try:
            version = await self.get(name, selector)
        except Unavailable:  # the gateway answers while the database is away, with what it last knew
            if (known := self._cache.stale(name, selector)) is None:
                raise
            return known
        self._cache.keep(selector, version, generation)
        return version

    async def _insert(self, draft: PromptVersion) -> PromptVersion:
        for _ in range(MAX_TRIES):
            try:
                return await self._metadata.run(lambda connection: _insert_next(connection, draft))
            except IntegrityError:  # a database whose isolation lets two writers read the same highest number
                continue
        raise PromptContention(
            f"version numbers of {draft.name!r} were taken {MAX_TRIES} times by other writers", hint="Send the request again."
        )


def _first_version(new: NewVersion, created_by: str) -> PromptVersion:
    """The version to be, numbered 0 until the database gives it its number."""
    return PromptVersion(
        name=new.name,
        version=0,
        kind="text" if new.messages is None else "chat",
        template=new.template,
        messages=new.messages,
        variables=variables_of(_text(new)),
        aliases=new.aliases,
        tags=new.tags,
        commit_message=new.commit_message,
        model=new.model,
        created_by=created_by,
        created_at=_now(),
    )


def _insert_next(connection: Connection, draft: PromptVersion) -> PromptVersion:
    store.lock_prompt(connection, draft.name, draft.created_at)
    version = msgspec.structs.replace(draft, version=store.next_version(connection, draft.name))
    store.insert_version(connection, version)
    return version


def _find(connection: Connection, name: str, selector: int | str) -> PromptVersion:
    number = store.resolve(connection, name, selector) if could_exist(selector) else None
    found = None if number is None else store.read_version(connection, name, number)
    if found is None:
        raise _not_found(_find_prompt(connection, name), selector)
    return found


def _find_prompt(connection: Connection, name: str) -> Prompt:
    found = store.read_prompt(connection, name)
    if found is None:
        raise PromptNotFound(
            f"there is no prompt {name!r}",
            hint="Register it: POST /api/v1/prompts, or `tidegate prompts push`. `tidegate prompts list` shows what there is.",
        )
    return found


def _not_found(prompt: Prompt, selector: int | str) -> PromptNotFound:
    if isinstance(selector, int):
        message, code = f"prompt {prompt.name!r} has no version {selector}", "prompt_version_not_found"
    else:
        message, code = f"prompt {prompt.name!r} has no alias {selector!r}", "prompt_alias_not_found"
    aliases = ", ".join([*prompt.aliases, LATEST])
    return PromptNotFound(message, hint=f"It has versions 1 to {prompt.latest_version} and the aliases {aliases}.", code=code)


def _text(new: NewVersion) -> str | list[Message]:
    return new.messages if new.messages is not None else new.template or ""


def _messages(version: PromptVersion, values: Mapping[str, str]) -> list[dict[str, Any]]:
    if version.messages is not None:
        return fill_messages(version.messages, values)
    return [{"role": "user", "content": fill(version.template or "", values)}]


def _now() -> datetime:
    return datetime.now(UTC)
