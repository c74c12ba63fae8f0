"""Users: making, reading, changing and removing them, and the tokens that programs sign in with."""

import asyncio
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from registry.access import messages as access
from registry.access import store
from registry.access.accounts import AccessBook, administrator_only, found_user, self_or_administrator
from registry.access.messages import WithUser
from registry.access.passwords import hash_password, verify_password
from registry.access.tokens import digest_of, make_token, prefix_of
from registry.access.types import CALLER, DEFAULT_WORKSPACE, NewToken, Token, User, own_role
from registry.access.views import role_view, user_view, user_with_permissions
from registry.errors import BadRequest, InvalidParameterValue, InvalidState, ResourceAlreadyExists, ResourceDoesNotExist

__all__ = ("UserService",)

SHORTEST_PASSWORD: Final = 12
"""Characters, as MLflow's basic-auth asks for."""


class UserService:
    """Everything that is done with users. Methods raise the tree of ``registry.errors``."""

    def __init__(self, book: AccessBook) -> None:
        self._book = book

    async def found(self, username: str, password: str) -> bool:
        """Make the first user, an admin, where there is none. Returns whether one was made."""
        stored = await asyncio.to_thread(hash_password, password)

        def write(connection: Connection) -> bool:
            if store.count_users(connection):
                return False
            store.insert_user(connection, username, stored, is_admin=True)
            return True

        return await self._book.change(write)

    async def any(self) -> bool:
        """Whether there is a user at all."""
        return bool(await self._book.read(store.count_users))

    async def create(self, request: access.CreateUser) -> WithUser:
        """Make a user."""
        administrator_only()
        _check_username(request.username)
        _check_password(request.password)
        stored = await asyncio.to_thread(hash_password, request.password)
        try:
            user = await self._book.change(lambda connection: store.insert_user(connection, request.username, stored))
        except IntegrityError:
            raise ResourceAlreadyExists(f"User (username={request.username}) already exists.") from None
        return WithUser(user=user_with_permissions(user, ()))

    async def get(self, request: access.GetUser) -> WithUser:
        """A user."""
        self_or_administrator(request.username)
        user = await self._find(request.username)
        role = await self._book.read(lambda connection: store.read_role_named(connection, DEFAULT_WORKSPACE, own_role(user.id)))
        return WithUser(user=user_with_permissions(user, [each.grant for each in role.grants] if role else ()))

    async def list(self, request: access.ListUsers) -> access.ListUsers.Response:
        """All users; roles are told of oneself, and to administrators."""
        caller = CALLER.get()
        open_to_caller = caller is None or caller.is_administrator

        def read(connection: Connection) -> list[access.ListUsers.UserWithRoles]:
            accounts = store.read_accounts(connection)
            known = sorted((user for user, _ in accounts.users.values()), key=lambda user: user.id)
            return [
                access.ListUsers.UserWithRoles(
                    id=user.id,
                    username=user.username,
                    is_admin=user.is_admin,
                    roles=[role_view(role) for role in store.roles_of(connection, user.id)]
                    if open_to_caller or (caller is not None and user.id == caller.user.id)
                    else [],
                )
                for user in known
            ]

        return access.ListUsers.Response(users=await self._book.read(read))

    async def current(self, request: access.GetCurrentUser) -> access.GetCurrentUser.Response:
        """The caller."""
        return access.GetCurrentUser.Response(user=user_view(signed_in()), is_basic_auth=True)

    async def set_password(self, request: access.UpdateUserPassword) -> None:
        """Set a password; one's own against the old one, so that a browser left open cannot lock its owner out."""
        self_or_administrator(request.username)
        caller = CALLER.get()
        if caller is not None and caller.user.username == request.username:
            await self._check_own(request)
        _check_password(request.password)
        stored = await asyncio.to_thread(hash_password, request.password)

        def write(connection: Connection) -> None:
            store.change_user(connection, found_user(connection, request.username).id, password_hash=stored)

        await self._book.change(write)

    async def set_admin(self, request: access.UpdateUserAdmin) -> None:
        """Make a user an admin, or no longer one."""
        administrator_only()
        if not isinstance(request.is_admin, bool):
            raise InvalidParameterValue(f"Invalid value {request.is_admin!r} for parameter 'is_admin': it is true or false.")

        def write(connection: Connection) -> None:
            user = found_user(connection, request.username)
            store.change_user(connection, user.id, is_admin=request.is_admin)

        await self._book.change(write)

    async def delete(self, request: access.DeleteUser) -> None:
        """Remove a user with their tokens and permissions; nobody removes themselves."""
        administrator_only()
        caller = CALLER.get()
        if caller is not None and caller.user.username == request.username:
            raise BadRequest("Users cannot delete their own account. Ask another admin to delete this user instead.")

        def write(connection: Connection) -> None:
            user = found_user(connection, request.username)
            store.delete_user(connection, user, own_role(user.id))

        await self._book.change(write)

    # Tokens

    async def create_token(self, username: str, name: str, expires_at: datetime | None) -> NewToken:
        """Make a token of a user. Its text is in the answer and nowhere else."""
        self_or_administrator(username)
        now = datetime.now(UTC)
        if not name:
            raise InvalidParameterValue("A token needs a name, by which it is taken back.")
        if expires_at is not None and (expires_at.tzinfo is None or expires_at <= now):
            raise InvalidParameterValue("'expires_at' must be a time in the future, with its zone, such as 2030-01-31T00:00:00Z.")
        text = make_token()
        token = Token(f"token_{secrets.token_hex(8)}", name, prefix_of(text), now, expires_at)

        def write(connection: Connection) -> None:
            store.insert_token(connection, found_user(connection, username).id, token, digest_of(text.encode()))

        try:
            await self._book.change(write)
        except IntegrityError:
            raise ResourceAlreadyExists(f"{username} has a token {name!r} already.") from None
        return NewToken(token=text, about=token)

    async def tokens(self, username: str) -> Sequence[Token]:
        """The tokens of a user."""
        self_or_administrator(username)
        return await self._book.read(lambda connection: store.read_tokens(connection, found_user(connection, username).id))

    async def revoke_token(self, username: str, name: str) -> None:
        """Take a token back for good."""
        self_or_administrator(username)

        def write(connection: Connection) -> None:
            if not store.delete_token(connection, found_user(connection, username).id, name):
                raise ResourceDoesNotExist(f"{username} has no token {name!r}.")

        await self._book.change(write)

    async def _find(self, username: str) -> User:
        return await self._book.read(lambda connection: found_user(connection, username))

    async def _check_own(self, request: access.UpdateUserPassword) -> None:
        if not request.current_password:
            raise InvalidParameterValue("Current password is required when changing your own password.")
        accounts = await self._book.read(store.read_accounts)
        stored = accounts.users.get(request.username)
        if stored is None or not await asyncio.to_thread(verify_password, request.current_password, stored[1]):
            raise InvalidParameterValue("Current password does not match.")
        if request.current_password == request.password:
            raise InvalidParameterValue("New password must differ from the current password.")


def signed_in() -> User:
    """Whoever asks. Raises ``InvalidState`` where nobody signed in."""
    caller = CALLER.get()
    if caller is None:
        raise InvalidState("Nobody is signed in: this request came without a user's password or token, or security.users is off.")
    return caller.user


def _check_username(username: str) -> None:
    """HTTP Basic ends the name at the first colon, and a name is shown on pages and in logs."""
    if len(username) > 255 or ":" in username or username != username.strip() or not username.isprintable():
        raise InvalidParameterValue(
            "A username has at most 255 characters, no colon, no space at its ends, and nothing that cannot be printed."
        )


def _check_password(password: str) -> None:
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidParameterValue(f"Password must be at least {SHORTEST_PASSWORD} characters.")
