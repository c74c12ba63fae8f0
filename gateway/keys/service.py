"""Virtual keys: making them, taking them back, and keeping the index of them up to date.

Requests read the index alone. A change made here is in it, and with every worker, before the change is answered; a change made by another
process that shares the database is seen within seconds.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from gateway.keys import store
from gateway.keys.errors import KeyInvalid, KeyNameTaken, KeyNotFound
from gateway.keys.index import KeyIndex
from gateway.keys.secret import digest_of, make_key, prefix_of
from gateway.keys.types import CreatedKey, KeyPage, NewKey, VirtualKey
from storage.errors import Unavailable

__all__ = ("KeyService", "Metadata")

T = TypeVar("T")
LOOK_SECONDS: Final = 5.0

logger = logging.getLogger(__name__)


class Metadata(Protocol):
    """The metadata database, as keys need it."""

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a worker thread, within one transaction."""
        ...

    async def read(self, work: Callable[[Connection], T]) -> T:
        """As ``run``, for work that only reads."""
        ...


class KeyService:
    """Everything that is done with keys. Methods raise the tree of ``gateway.keys.errors``.

    ``changed`` is awaited after the index was replaced, and before whoever asked for the change is answered.
    """

    def __init__(self, metadata: Metadata, changed: Callable[[], Awaitable[None]] | None = None) -> None:
        self.index = KeyIndex()
        self._metadata = metadata
        self._changed = changed
        self._seen: object = None

    async def load(self) -> None:
        """Read all keys into the index."""
        self._seen, keys = await self._metadata.read(lambda connection: (store.fingerprint(connection), store.read_all(connection)))
        self.index.replace(keys)
        if self._changed is not None:
            await self._changed()

    async def run(self) -> None:
        """Look for changes of other processes until cancelled. While the database is away, what was known stays."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                if await self._metadata.read(store.fingerprint) != self._seen:
                    await self.load()
            except Unavailable as error:
                logger.warning("keys stay as they are known, their database is away: %s", error)

    async def create(self, new: NewKey) -> CreatedKey:
        """Make a key. Its text is in the answer and nowhere else."""
        now = datetime.now(UTC)
        if new.expires_at is not None and (new.expires_at.tzinfo is None or new.expires_at <= now):
            raise KeyInvalid("'expires_at' must be a time in the future, with its zone.", hint="write 2030-01-31T00:00:00Z")
        if (lost := next((model for model in new.models if "/" not in model and "*" not in model), None)) is not None:
            hint = "write provider/model, such as openai/gpt-4o or openai/*; the name of a route belongs into 'routes'"
            raise KeyInvalid(f"'models' names {lost!r}, which no model is called: the key would open nothing by it.", hint=hint)
        text = make_key()
        key = VirtualKey(
            id=f"key_{secrets.token_hex(8)}",
            name=new.name,
            prefix=prefix_of(text),
            team=new.team,
            user=new.user,
            routes=new.routes,
            models=new.models,
            limits=new.limits,
            expires_at=new.expires_at,
            created_at=now,
        )
        try:
            await self._metadata.run(lambda connection: store.insert_key(connection, key, digest_of(text.encode())))
        except IntegrityError as error:
            raise KeyNameTaken(f"A key is called {new.name!r}.", hint="Choose another name, or revoke that key first.") from error
        await self.load()
        return CreatedKey(key=text, about=key)

    async def list(self) -> KeyPage:
        """Every key, revoked ones last."""
        return KeyPage(list((await self._metadata.read(store.read_all)).values()))

    async def get(self, name: str) -> VirtualKey:
        """The key with this id or name."""
        return await self._metadata.read(lambda connection: _found(connection, name))

    async def set_disabled(self, name: str, *, disabled: bool) -> VirtualKey:
        """Switch a key off or on."""
        at = datetime.now(UTC)

        def change(connection: Connection) -> str:
            key = _found(connection, name)
            store.set_disabled(connection, key.id, at if disabled else None, at)
            return key.id

        return await self._changed_key(change)

    async def revoke(self, name: str) -> VirtualKey:
        """Take a key back for good; its name is free again."""
        at = datetime.now(UTC)

        def change(connection: Connection) -> str:
            key = _found(connection, name)
            store.set_revoked(connection, key.id, at)
            return key.id

        return await self._changed_key(change)

    async def _changed_key(self, change: Callable[[Connection], str]) -> VirtualKey:
        key_id = await self._metadata.run(change)
        await self.load()
        return await self.get(key_id)


def _found(connection: Connection, name: str) -> VirtualKey:
    key = store.read_key(connection, name)
    if key is None:
        raise KeyNotFound(f"There is no key {name!r}.", hint="See `tidegate keys list`, or GET /api/v1/keys.")
    return key
