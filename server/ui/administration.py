"""The services behind the administrators' pages."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from gateway.keys.types import KeyPage
from gateway.limits.types import Standing
from registry.access.messages import ListUsers
from registry.webhooks.types import Delivery, DeliveryDetail, DeliveryPage, TestResult, Webhook

__all__ = ("Administration", "Keys", "Limits", "Users", "Webhooks")


class Keys(Protocol):
    """Virtual keys (``gateway.keys.service.KeyService``)."""

    async def list(self) -> KeyPage:
        """Every key, revoked ones last."""
        ...


class Limits(Protocol):
    """Limits and budgets (``gateway.limits.service.LimitService``)."""

    async def standings(self) -> Sequence[Standing]:
        """Every counter and its limit, the fullest first."""
        ...


class Webhooks(Protocol):
    """Webhooks and their deliveries (``registry.webhooks.service.WebhookService``). Raises the tree of ``registry.errors``."""

    async def list(self, *, offset: int, limit: int) -> Sequence[Webhook]:
        """Webhooks, newest first."""
        ...

    async def get(self, webhook_id: str) -> Webhook:
        """One webhook."""
        ...

    async def deliveries(self, *, webhook_id: str | None, states: Sequence[str], cursor: str, limit: int) -> DeliveryPage:
        """The log, newest first."""
        ...

    async def delivery(self, delivery_id: str) -> DeliveryDetail:
        """A delivery with its body and each attempt."""
        ...

    async def redeliver(self, delivery_id: str) -> Delivery:
        """Deliver once more."""
        ...

    async def test(self, webhook_id: str) -> TestResult:
        """Send an example now."""
        ...


class Users(Protocol):
    """People who sign in (``registry.access.users.UserService``)."""

    async def list(self, request: ListUsers) -> ListUsers.Response:
        """All users with their roles."""
        ...


class Administration(msgspec.Struct, frozen=True, kw_only=True):
    """What administrators look after."""

    keys: Keys
    limits: Limits
    users: Users
    webhooks: Webhooks
