"""``kill -9`` between any two steps: what was committed is delivered, each entity's events in their order."""

import asyncio
import random
import sys
from pathlib import Path

import pytest

from tests.receiver import scripted_receiver

CHILD = Path(__file__).with_name("webhook_child.py")
ROOT = CHILD.parent.parent.parent
LIVES = 4
CHANGES = 200


@pytest.mark.slow
async def test_every_committed_change_is_delivered_in_order_through_kills(tmp_path):
    committed: list[int] = []
    async with scripted_receiver() as receiver:
        for life in range(LIVES):
            child = await start(tmp_path, receiver, life * CHANGES)
            reading = asyncio.create_task(read_numbers(child, committed))
            await receiver.until(len(receiver.requests) + random.randint(3, 25))
            child.kill()
            await child.wait()
            await reading
        last = await start(tmp_path, receiver, LIVES * CHANGES, changes=0)
        async with asyncio.timeout(30):
            while not set(committed) <= {each.data["number"] for each in receiver.requests}:
                await asyncio.sleep(0.05)
        last.kill()
        await last.wait()

    first_seen = list(dict.fromkeys(each.data["number"] for each in receiver.requests))
    for entity in range(3):
        told = [number for number in first_seen if number % 3 == entity]
        assert told == sorted(told)
    keys = {}
    for each in receiver.requests:
        keys.setdefault(each.data["number"], set()).add(each.headers["idempotency-key"])
    assert all(len(found) == 1 for found in keys.values()), "a delivery that was repeated after a kill changed its idempotency key"
    assert len(committed) > LIVES


async def start(data, receiver, first, changes=CHANGES):
    arguments = [str(CHILD), str(data), receiver.url("/200/500/200/slow/200"), str(first), str(changes)]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    return await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, env=environment)


async def read_numbers(child, committed):
    async for line in child.stdout:
        if line.endswith(b"\n"):
            committed.append(int(line))
