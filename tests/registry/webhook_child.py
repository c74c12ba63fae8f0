"""A process that changes things and delivers, made to be killed: prints the number of each change once it is committed.

Arguments: data directory, address of the receiver (``-`` to deliver only what is there), first number, changes.
"""

import asyncio
import sys

import storage
from config.schema import StorageSettings, WebhookSettings
from registry.events import Event
from registry.outbound.guard import AddressGuard
from registry.webhooks.deliverer import Deliverer
from registry.webhooks.sender import Sender
from registry.webhooks.service import WebhookService
from registry.webhooks.types import NewWebhook
from storage.sealing import Seal


async def main(data: str, url: str, first: int, changes: int) -> None:
    metadata = await storage.open_metadata(StorageSettings(path=data))
    settings, guard, seal = WebhookSettings(timeout=2, first_pause=0.05), AddressGuard(lambda: True), Seal(b"k" * 32)
    deliverer = Deliverer(metadata, Sender(guard, concurrency=20), seal, lambda: settings, "child")
    service = WebhookService(metadata, guard, seal, deliverer)
    if not await service.list(offset=0, limit=1):
        await service.create(NewWebhook(name="hook", url=url, events=["prompt.created"], secret="s"))
    delivering = asyncio.create_task(deliverer.run())
    for number in range(first, first + changes):
        await service.announce(Event(entity="prompt", action="created", key=f"prompt/{number % 3}", payload={"number": number}))
        print(number, flush=True)
    await delivering


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
