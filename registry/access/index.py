"""Everybody who may sign in, in memory: who a request comes from, without a database and nearly always without a slow hash."""

import asyncio
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from registry.access.passwords import NOBODY, verify_password
from registry.access.sessions import Session, mark_of
from registry.access.store import Accounts
from registry.access.tokens import digest_of
from registry.access.types import DEFAULT_WORKSPACE, Caller, User, own_role

__all__ = ("AccessIndex",)

AT_ONCE: Final = 2
"""How many passwords are checked at once: guessing must not take the threads that others work with."""

NAMED: Final = 3
"""How many administrators are named to people who lack something."""

REMEMBERED: Final = 10_000
"""How many passwords that were right are remembered; all are forgotten when there are more."""


class AccessIndex:
    """Users and tokens, swapped as a whole. A password that was right is remembered, as a keyed digest, until anything changes."""

    def __init__(self, default_permission: str, places: Mapping[str, str] | None = None) -> None:
        self._default = default_permission
        self._places = {} if places is None else places
        self._accounts = Accounts(0, {}, {}, {}, {})
        self._callers: dict[int, Caller] = {}
        self._marks: dict[int, str] = {}
        self._right: dict[bytes, int] = {}
        self._key = secrets.token_bytes(32)
        self._turns = asyncio.Semaphore(AT_ONCE)

    @property
    def version(self) -> int:
        """The version of the accounts that are known."""
        return self._accounts.version

    @property
    def administrators(self) -> Sequence[str]:
        """Names of some administrators, for messages that say whom to ask."""
        return sorted(caller.user.username for caller in self._callers.values() if caller.is_administrator)[:NAMED]

    def replace(self, accounts: Accounts) -> None:
        """Replace all accounts by these."""
        self._accounts = accounts
        self._callers = {user.id: self._caller(user) for user, _ in accounts.users.values()}
        self._marks = {user.id: mark_of(stored) for user, stored in accounts.users.values()}
        self._right = {}

    def user(self, username: str) -> User | None:
        """A user by name."""
        found = self._accounts.users.get(username)
        return found[0] if found else None

    def caller(self, user: User) -> Caller:
        """A user with their permissions."""
        return self._callers[user.id]

    def of_token(self, token: bytes) -> Caller | None:
        """The owner of a token, while the token is valid."""
        found = self._accounts.tokens.get(digest_of(token))
        if found is None or (found[1] is not None and found[1] <= datetime.now(UTC)):
            return None
        return self._callers.get(found[0])

    def of_session(self, session: Session) -> Caller | None:
        """The owner of a session, while the password is the one that it was given for."""
        return self._callers.get(session.user_id) if self._marks.get(session.user_id) == session.mark else None

    def mark(self, user: User) -> str:
        """What stands for the user's password in a session (``registry.access.sessions.mark_of``)."""
        return self._marks[user.id]

    def remembered(self, username: bytes, password: bytes) -> Caller | None:
        """The user of this name and password, if they were verified a moment ago. Never hashes."""
        user_id = self._right.get(self._digest(username, password)) if self._right else None
        return None if user_id is None else self._callers.get(user_id)

    async def sign_in(self, username: bytes, password: bytes) -> Caller | None:
        """The user of this name and password, ``None`` when they are wrong.

        Takes some 50 ms off the event loop, whether the user exists or not.
        """
        accounts = self._accounts
        found = accounts.users.get(username.decode(errors="replace"))
        stored = found[1] if found else NOBODY
        async with self._turns:
            right = await asyncio.to_thread(verify_password, password.decode(errors="replace"), stored)
        if not right or found is None or accounts is not self._accounts:
            return None if accounts is self._accounts or not right else await self.sign_in(username, password)
        if len(self._right) >= REMEMBERED:
            self._right = {}
        self._right[self._digest(username, password)] = found[0].id
        return self._callers[found[0].id]

    def _digest(self, username: bytes, password: bytes) -> bytes:
        return hashlib.blake2b(len(username).to_bytes(4, "big") + username + password, key=self._key, digest_size=32).digest()

    def _caller(self, user: User) -> Caller:
        own = own_role(user.id)
        given = self._accounts.grants.get(user.id, ())
        held = {workspace for workspace, name in self._accounts.role_names.get(user.id, ()) if name != own}
        return Caller(
            user=user,
            grants=tuple(grant for workspace, _, grant in given if workspace == DEFAULT_WORKSPACE),
            default=self._default,
            has_roles=DEFAULT_WORKSPACE in held,
            places=self._places,
            own=tuple(grant for _, name, grant in given if name == own),
            elsewhere={each: tuple(grant for workspace, _, grant in given if workspace == each) for each in held - {DEFAULT_WORKSPACE}},
        )
