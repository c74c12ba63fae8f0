"""Prompts: registering versions, moving aliases, rendering.

A prompt is a registered name like a model, and changes go through the same registrar, so that MLflow's clients and the API of prompts speak
of the same thing. Rendering is on the gateway's path, so what was looked up is kept for a second, is forgotten at once when this process
changed it, and stays as it was known while the database cannot be reached.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection

from registry.actor import CURRENT, Actor
from registry.errors import PermissionDenied
from registry.models import reading_store
from registry.models import store as models_store
from registry.models.clock import now
from registry.models.moves import Metadata, Moves, alias_move
from registry.models.registrar import Registrar
from registry.models.types import ModelVersion, RegisteredModel
from registry.models.types import NewVersion as NewModelVersion
from registry.prompts import store
from registry.prompts.cache import PromptCache
from registry.prompts.errors import PromptInvalid, PromptMoveRefused, PromptNotFound
from registry.prompts.names import check_alias, check_name, check_new_version, could_exist, parse_selector
from registry.prompts.render import check_template, fill, fill_messages, match_variables, variables_of
from registry.prompts.texts import SOURCES, PromptText
from registry.prompts.types import LATEST, Message, NewVersion, Prompt, PromptPage, PromptVersion, RenderedPrompt
from registry.prompts.versions import prompt_of, version_of
from registry.workspaces.scope import current, unscoped
from storage.errors import Unavailable

__all__ = ("PromptService",)

T = TypeVar("T")


class PromptService:
    """Everything that is done with prompts. Methods raise the tree of ``registry.prompts.errors``."""

    def __init__(
        self, metadata: Metadata, cache: PromptCache | None = None, registrar: Registrar | None = None, moves: Moves | None = None
    ) -> None:
        self._metadata = metadata
        self._cache = cache or PromptCache()
        self._registrar = registrar or Registrar()
        self._moves = moves or Moves(metadata)
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
        model_config: dict[str, Any] | None = None,
        response_format: dict[str, Any] | None = None,
        created_by: str = "",
    ) -> PromptVersion:
        """Register the next version of a prompt, and the prompt itself when it is new; its aliases move to it in the same transaction.

        Where moves are checked, the aliases move afterwards, one by one: a check wants to see the version.
        """
        new = NewVersion(
            name=name,
            template=template,
            messages=None if messages is None else list(messages),
            aliases=list(dict.fromkeys(aliases)),
            commit_message=commit_message,
            tags=dict(tags or {}),
            model=model,
            model_config=model_config,
            response_format=response_format,
        )
        check_new_version(new)
        check_template(_text(new))
        actor = CURRENT.get()
        later = new.aliases if self._moves.checked else []
        draft = _draft(new, created_by or actor.name, [] if later else new.aliases)
        version = await self._write(name, lambda connection: self._insert(connection, draft, actor))
        for alias in later:
            version = await self.set_alias(name, alias, version.version)
        return version

    async def get(self, name: str, selector: int | str | None = None) -> PromptVersion:
        """One version by number, alias or ``latest``, as the database has it now."""
        check_name(name)
        return await self._metadata.read(lambda connection: version_of(_find(connection, name, parse_selector(selector))))

    async def prompt(self, name: str) -> Prompt:
        """A prompt and its aliases."""
        check_name(name)
        return await self._metadata.read(lambda connection: _find_prompt(connection, name))

    async def list(self, limit: int = 100, cursor: str = "") -> PromptPage:
        """A page of the workspace's prompts, by name; names and the cursor are as they are kept."""
        workspace = current()
        found = await self._metadata.read(lambda connection: store.read_prompts(connection, workspace, cursor, limit + 1))
        page = [prompt for model in found[:limit] if (prompt := prompt_of(model)) is not None]
        return PromptPage(prompts=page, next_cursor=page[-1].name if len(found) > limit else None)

    async def versions(self, name: str, limit: int = 100) -> Sequence[PromptVersion]:
        """The newest versions of a prompt, newest first."""
        check_name(name)

        def read(connection: Connection) -> Sequence[PromptVersion]:
            _find_prompt(connection, name)
            return [version_of(version) for version in reading_store.read_newest(connection, name, limit)]

        return await self._metadata.read(read)

    async def set_alias(self, name: str, alias: str, version: int, reason: str = "") -> PromptVersion:
        """Point an alias at a version; gives that version."""
        check_alias(alias)
        check_name(name)
        actor = _actor(reason)
        if self._moves.checked:
            await self._permit(name, alias, version, actor)

        def write(connection: Connection) -> PromptVersion:
            self._registrar.set_alias(connection, _find(connection, name, version), alias, now(), actor)
            return version_of(_find(connection, name, version))

        return await self._write(name, write)

    async def delete_alias(self, name: str, alias: str, reason: str = "") -> None:
        """Remove an alias; its version stays."""
        check_alias(alias)
        check_name(name)
        actor = _actor(reason)

        def write(connection: Connection) -> None:
            self._registrar.delete_alias(connection, _find(connection, name, alias), alias, now(), actor)

        await self._write(name, write)

    async def delete_version(self, name: str, version: int, reason: str = "") -> None:
        """Remove a version and the aliases that point at it; its number is not given again."""
        check_name(name)
        actor = _actor(reason)

        def write(connection: Connection) -> None:
            self._registrar.delete_version(connection, _find(connection, name, version), now(), actor)

        await self._write(name, write)

    async def delete(self, name: str, reason: str = "") -> None:
        """Remove a prompt with everything under it."""
        check_name(name)
        actor = _actor(reason)

        def write(connection: Connection) -> None:
            self._registrar.delete(connection, _find_model(connection, name), now(), actor)

        await self._write(name, write)

    async def render(self, name: str, selector: int | str | None, variables: Mapping[str, object]) -> RenderedPrompt:
        """The messages of a version with ``variables`` (text or numbers) filled in.

        Raises:
            VariablesRejected: unless exactly the variables of the template are given; the message names those that are not.
            PromptInvalid: for a template that only a client can render: MLflow's may hold a template language.
        """
        version = await self._recall(name, parse_selector(selector))
        check_template(version.template or "" if version.messages is None else version.messages)
        values = match_variables(version.variables, variables)
        return RenderedPrompt(name=name, version=version.version, model=version.model, messages=_messages(version, values))

    def forget(self, name: str) -> None:
        """Forget what is known of a name, since another service changed it."""
        self._cache.forget(name)

    async def _recall(self, name: str, selector: int | str) -> PromptVersion:
        """As ``get``, out of memory where that is recent. One lookup at a time: those who wait find what the first one brought."""
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

    async def _write(self, name: str, work: Callable[[Connection], T]) -> T:
        done = await self._metadata.run(work)
        self._cache.forget(name)
        return done

    def _insert(self, connection: Connection, draft: NewModelVersion, actor: Actor) -> PromptVersion:
        at = now()
        model = RegisteredModel(name=draft.name, kind="prompt", created_by=draft.created_by, created_at=at, updated_at=at)
        if not self._registrar.create(connection, model) and models_store.kind_of(connection, draft.name) != "prompt":
            raise PromptInvalid(
                f"{unscoped(draft.name)!r} is the name of a registered model",
                hint="A model and a prompt cannot have the same name: choose another one.",
                code="prompt_name_taken",
            )
        return version_of(self._registrar.add_version(connection, draft, at, actor))

    async def _permit(self, name: str, alias: str, version: int, actor: Actor) -> None:
        before = await self._metadata.read(lambda connection: _target(connection, name, alias, version))
        move = alias_move("prompt", name, alias, before, version, now(), actor)
        try:
            await self._moves.permit(move)
        except PermissionDenied as error:
            raise PromptMoveRefused(error.message, hint="Satisfy the check, or choose another version.") from error


def _draft(new: NewVersion, created_by: str, aliases: list[str]) -> NewModelVersion:
    text = _text(new)
    template = text if isinstance(text, str) else msgspec.json.encode(text).decode()
    said = {"model": new.model, "model_config": new.model_config, "response_format": new.response_format}
    config = {key: value for key, value in said.items() if value is not None}
    return NewModelVersion(
        name=new.name,
        source=SOURCES[-1],
        description=new.commit_message,
        created_by=created_by,
        tags=new.tags,
        aliases=aliases,
        text=PromptText(kind="text" if new.messages is None else "chat", template=template, variables=variables_of(text), config=config),
    )


def _target(connection: Connection, name: str, alias: str, version: int) -> int | None:
    _find(connection, name, version)
    return models_store.resolve(connection, name, alias)


def _find(connection: Connection, name: str, selector: int | str) -> ModelVersion:
    number = models_store.resolve(connection, name, selector) if could_exist(selector) else None
    found = None if number is None else reading_store.read_version(connection, name, number)
    if found is None or found.text is None:
        raise _not_found(_find_prompt(connection, name), selector)
    return found


def _find_prompt(connection: Connection, name: str) -> Prompt:
    found = prompt_of(_find_model(connection, name))
    if found is None:
        raise _no_prompt(name)
    return found


def _find_model(connection: Connection, name: str) -> RegisteredModel:
    """A prompt as the registry keeps it; it may have lost its last version."""
    model = reading_store.read_model(connection, name)
    if model is None or model.kind != "prompt":
        raise _no_prompt(name)
    return model


def _no_prompt(name: str) -> PromptNotFound:
    return PromptNotFound(
        f"there is no prompt {unscoped(name)!r}",
        hint="Register it: POST /api/v1/prompts, or `tidegate prompts push`. `tidegate prompts list` shows what there is.",
    )


def _not_found(prompt: Prompt, selector: int | str) -> PromptNotFound:
    name = unscoped(prompt.name)
    if isinstance(selector, int):
        message, code = f"prompt {name!r} has no version {selector}", "prompt_version_not_found"
    else:
        message, code = f"prompt {name!r} has no alias {selector!r}", "prompt_alias_not_found"
    aliases = ", ".join([*prompt.aliases, LATEST])
    return PromptNotFound(message, hint=f"It has versions 1 to {prompt.latest_version} and the aliases {aliases}.", code=code)


def _actor(reason: str) -> Actor:
    actor = CURRENT.get()
    return Actor(actor.name, reason or actor.reason)


def _text(new: NewVersion) -> str | list[Message]:
    return new.messages if new.messages is not None else new.template or ""


def _messages(version: PromptVersion, values: Mapping[str, str]) -> list[dict[str, Any]]:
    if version.messages is not None:
        return fill_messages(version.messages, values)
    return [{"role": "user", "content": fill(version.template or "", values)}]
