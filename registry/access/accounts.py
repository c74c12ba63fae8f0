"""What every change of users and roles shares: the caller must be allowed to make it, and the index is updated before it is answered."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from sqlalchemy import Connection

from registry.access import store
from registry.access.index import AccessIndex
from registry.access.types import CALLER, Role, User
from registry.errors import PermissionDenied, ResourceDoesNotExist
from storage.errors import Unavailable

__all__ = ("AccessBook", "administrator_only", "found_role", "found_user", "self_or_administrator")

T = TypeVar("T")
LOOK_SECONDS: Final = 5.0
DENIED: Final = "Permission denied."

logger = logging.getLogger(__name__)


class Metadata(Protocol):
    """The metadata database."""

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Call ``work`` in a worker thread, within one transaction."""
        ...

    async def read(self, work: Callable[[Connection], T]) -> T:
        """As ``run``, for work that only reads."""
        ...


class AccessBook:
    """The tables of users and roles, and the index of them that requests are checked against."""

    def __init__(self, metadata: Metadata, index: AccessIndex) -> None:
        self.index = index
        self._metadata = metadata

    async def load(self) -> None:
        """Read everything into the index."""
        self.index.replace(await self._metadata.read(store.read_accounts))

    async def run(self) -> None:
        """Look for changes of other processes until cancelled. While the database is away, what was known stays."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                if await self._metadata.read(store.version) != self.index.version:
                    await self.load()
            except Unavailable as error:
                logger.warning("users stay as they are known, their database is away: %s", error)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` on the tables, reading only."""
        return await self._metadata.read(work)

    async def change(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` on the tables in one transaction, then update the index."""

        def counted(connection: Connection) -> T:
            done = work(connection)
            store.touch(connection)
            return done

        done = await self._metadata.run(counted)
        await self.load()
        return done


def administrator_only() -> None:
    """Raise ``PermissionDenied`` for a caller who is not an administrator. Without sign-in everybody may."""
    caller = CALLER.get()
    if caller is not None and not caller.is_administrator:
        raise PermissionDenied(DENIED)


def self_or_administrator(username: str) -> None:
    """Raise ``PermissionDenied`` for a caller who asks about another user and is not an administrator."""
    caller = CALLER.get()
    if caller is not None and not caller.is_administrator and caller.user.username != username:
        raise PermissionDenied(DENIED)


def found_user(connection: Connection, username: str) -> User:
    """A user. Raises ``ResourceDoesNotExist``."""
    user = store.read_user(connection, username)
    if user is None:
        raise ResourceDoesNotExist(f"User with username={username} not found")
    return user


def found_role(connection: Connection, role_id: int) -> Role:
    """A role. Raises ``ResourceDoesNotExist``."""
    role = store.read_role(connection, role_id) if 0 < role_id < 2**31 else None
    if role is None:
        raise ResourceDoesNotExist(f"Role with id={role_id} not found")
    return role
