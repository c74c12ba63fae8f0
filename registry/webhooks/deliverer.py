"""The worker that empties the outbox: claims what is due, sends a bounded number at once, writes down what became of each.

A delivery that was sent and not yet written down when the process died is sent again: at least once, with the same idempotency key.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol, TypeVar

from sqlalchemy import Connection

from config.schema import WebhookSettings
from config.secrets import Secret
from registry.webhooks import outbox_store
from registry.webhooks.backoff import decide
from registry.webhooks.envelope import headers_of
from registry.webhooks.sender import Sender
from registry.webhooks.types import Claim, Outcome
from storage.errors import SealBroken, Unavailable
from storage.sealing import Seal

__all__ = ("Deliverer", "Metadata", "belongs_to")

T = TypeVar("T")
log = logging.getLogger("tidegate.webhooks")

IDLE: Final = 1.0
"""Longest time in seconds until the outbox is looked into again."""

LEASE_BEYOND_TIMEOUT: Final = timedelta(seconds=30)
PRUNE_EVERY: Final = timedelta(hours=1)


class Metadata(Protocol):
    """The metadata database, as webhooks need it."""

    async def run(self, fn: Callable[[Connection], T]) -> T:
        """Run ``fn`` in a worker thread, within one transaction."""
        ...

    async def read(self, fn: Callable[[Connection], T]) -> T:
        """The same for work that only reads."""
        ...


class Deliverer:
    """``holder`` names this worker and is the same after a restart, so that what it held when it was killed is free at once."""

    def __init__(self, metadata: Metadata, sender: Sender, seal: Seal, settings: Callable[[], WebhookSettings], holder: str) -> None:
        self._metadata = metadata
        self._sender = sender
        self._seal = seal
        self._settings = settings
        self._holder = holder
        self._busy = 0
        self._news = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._prune_at = datetime.now(UTC)

    async def close(self) -> None:
        """Close the connections."""
        await self._sender.close()

    def wake(self) -> None:
        """Say that there is something new; from any thread."""
        self._loop.call_soon_threadsafe(self._news.set)

    async def run(self) -> None:
        """Deliver until cancelled."""
        await self._start()
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._news.clear()
                await self._turn(tasks)
                await self._pause()

    async def _start(self) -> None:
        try:
            await self._metadata.run(lambda connection: outbox_store.release(connection, self._holder))
        except Unavailable as error:
            log.warning("what was under way at the last stop waits for its lease: %s", error)

    async def _turn(self, tasks: asyncio.TaskGroup) -> None:
        """Fill the free places with what is due."""
        try:
            claims = await self._claim(self._settings().concurrency - self._busy)
            await self._prune()
        except Unavailable as error:
            log.warning("webhooks wait for the database: %s", error)
            return
        self._busy += len(claims)
        for claim in claims:
            tasks.create_task(self._one(claim))

    async def _claim(self, places: int) -> list[Claim]:
        if places <= 0:
            return []
        now = datetime.now(UTC)
        if not await self._metadata.read(lambda connection: outbox_store.is_due(connection, now)):
            return []
        until = now + timedelta(seconds=self._settings().timeout) + LEASE_BEYOND_TIMEOUT
        return await self._metadata.run(
            lambda connection: outbox_store.claim(connection, holder=self._holder, limit=places, now=now, lease_until=until)
        )

    async def _one(self, claim: Claim) -> None:
        try:
            await self._keep(claim, await self.attempt(claim))
        except Unavailable as error:
            log.warning("delivery %s will be sent again, since what became of it cannot be written down: %s", claim.delivery_id, error)
        except Exception:
            # A mistake of ours must not stop the deliveries of others; this one is tried again when its lease has run out.
            log.exception("delivery %s failed here", claim.delivery_id)
        finally:
            self._busy -= 1
            self._news.set()

    async def attempt(self, claim: Claim) -> Outcome:
        """Send a claimed delivery once."""
        now = datetime.now(UTC)
        try:
            secret = self._secret(claim)
        except SealBroken as error:
            return Outcome(started_at=now, milliseconds=0, error=str(error), final=True)
        headers = headers_of(
            delivery_id=claim.delivery_id, event_id=claim.event_id, attempt=claim.attempt, at=now, body=claim.body, secret=secret
        )
        return await self._sender.post(claim.url, headers, claim.body, self._settings().timeout)

    def _secret(self, claim: Claim) -> Secret | None:
        return None if claim.sealed_secret is None else self._seal.unseal(claim.sealed_secret, belongs_to(claim.webhook_id))

    async def _keep(self, claim: Claim, outcome: Outcome) -> None:
        now = datetime.now(UTC)
        verdict = decide(outcome, claim.attempt, self._settings(), now, random.random())  # noqa: S311 - spreads load, guards nothing
        if verdict.state == "dead":
            log.warning("delivery %s to webhook %s is given up: %s", claim.delivery_id, claim.webhook_id, verdict.error)
        await self._metadata.run(lambda connection: outbox_store.settle(connection, claim, outcome, verdict, now))
        if verdict.state == "waiting":
            self._loop.call_later((verdict.not_before - now).total_seconds(), self._news.set)

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(IDLE):
                await self._news.wait()
        except TimeoutError:
            pass

    async def _prune(self) -> None:
        now = datetime.now(UTC)
        if now < self._prune_at:
            return
        self._prune_at = now + PRUNE_EVERY
        before = now - timedelta(days=self._settings().keep_days)
        await self._metadata.run(lambda connection: outbox_store.prune(connection, before))


def belongs_to(webhook_id: str) -> str:
    """What a webhook's secret is sealed for."""
    return f"webhook/{webhook_id}"
