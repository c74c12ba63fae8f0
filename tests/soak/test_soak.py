"""Some seconds of a soak; ``make soak`` runs it for as long as one likes."""

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.soak.rig import Soak, Weight, account, authorised, soaking, weighed

SECONDS, RATE = 6.0, 40.0
STREAMS = 150
"""Open at once; a thousand are for ``make soak ARGS="--streams 1000"``."""

MOST_IDLE = 60
"""Connections to vendors that are kept for a while, one for each of as many requests as there were at once."""


async def calm(soak: Soak, before: Weight) -> Weight:
    """Until nothing is under way any more: shadows go on when their clients have gone."""
    async with httpx.AsyncClient(base_url=soak.server.url, headers=authorised(), timeout=30) as client:
        for _ in range(100):
            now = await weighed(soak.server, client)
            if now.tasks <= before.tasks:
                break
            await asyncio.sleep(0.1)
        return now


@pytest.mark.slow
@pytest.mark.timeout(300)  # on a busy machine all of this takes minutes
async def test_whatever_fails_no_request_hangs_nothing_stays_open_and_each_is_told_counted_and_paid_for_once_and_many_streams_come_whole(
    tmp_path: Path,
):
    async with soaking(tmp_path) as soak:
        async with httpx.AsyncClient(base_url=soak.server.url, headers=authorised(), timeout=30) as client:
            before = await weighed(soak.server, client)
        await soak.run(SECONDS, RATE)
        after = await calm(soak, before)
        assert await account(soak) == []
        assert {each.outcome for each in soak.told} == {"whole", "stream", "error", "stream error", "left", "left before"}
        assert {"whole", "stream"} < {each.outcome for each in soak.told if "sdk" in each.plan.surface}
        assert any(each.headers.get("x-tidegate-cache") == "hit" for each in soak.told)
        assert after.tasks <= before.tasks
        assert after.files < before.files + MOST_IDLE
        assert await soak.streams(STREAMS) == STREAMS
