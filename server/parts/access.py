"""Who may do what: keys, users, roles, workspaces, and the gate."""

import asyncio
from collections.abc import Awaitable, Callable

from gateway.keys.service import KeyService
from gateway.keys.tickets import UploadTickets
from registry.access.accounts import AccessBook
from registry.access.index import AccessIndex
from registry.access.roles import RoleService
from registry.access.sessions import Sessions
from registry.access.users import UserService
from registry.outbound.guard import AddressGuard
from registry.workspaces.book import WorkspaceBook
from registry.workspaces.service import WorkspaceService
from server.guard import Guard
from server.parts.ground import Ground
from server.signing_in import SignIn
from storage.errors import SettingsError

__all__ = ("Access",)


class Access:
    """All of it is kept in memory: ``load`` reads it, ``run`` follows what other processes change. ``keys_changed`` is awaited when keys have."""

    def __init__(self, ground: Ground, keys_changed: Callable[[], Awaitable[None]]) -> None:
        self._ground = ground
        security = ground.settings.security
        self.keys = KeyService(ground.metadata, keys_changed)
        self.workspace_book = WorkspaceBook(ground.metadata)
        self.book = AccessBook(ground.metadata, AccessIndex(security.default_permission, self.workspace_book.elsewhere))
        self.users = UserService(self.book)
        self.roles = RoleService(self.book)
        self.workspaces = WorkspaceService(self.workspace_book, self.book)
        self.tickets = UploadTickets(lambda: ground.seal)
        sessions = Sessions(ground.seal, security.session_hours)
        self.sign_in = SignIn(self.book.index, sessions) if security.users else None
        self.addresses = AddressGuard(lambda: ground.settings.security.allow_private_addresses)
        self.renew_guard()

    def renew_guard(self) -> None:
        """Keep the gate by the settings in force."""
        self.guard = Guard.of(self._ground.settings, self.keys.index, self.tickets, self.sign_in)

    async def load(self) -> None:
        """Load who may come in. At the first start with users, make the admin and the standard roles. Raises ``SettingsError``."""
        await self.keys.load()
        security = self._ground.settings.security
        if security.users and not await self.users.any():
            if security.admin_password is None:
                raise SettingsError("security.users is on and there is no user yet: set security.admin_password for the first start")
            await self.roles.found()
            await self.users.found(security.admin_username, security.admin_password.reveal())
        await self.book.load()
        await self.workspace_book.load()

    async def run(self) -> None:
        """Follow what other processes change, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.keys.run())
            tasks.create_task(self.book.run())
            tasks.create_task(self.workspace_book.run())
