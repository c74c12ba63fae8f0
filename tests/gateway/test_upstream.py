"""The seam to the HTTP client, against a scripted upstream."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from config.schema import TimeoutSettings
from gateway.errors import UpstreamTimeout, UpstreamUnreachable
from gateway.upstream import HttpAccount
from tests.upstream import Upstream, scripted_upstream


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with scripted_upstream() as running:
        yield running


def account(upstream: Upstream, **timeouts: float) -> HttpAccount:
    return HttpAccount("up", upstream.url, TimeoutSettings(**timeouts))


def asking(text: str) -> bytes:
    return json.dumps({"messages": [{"role": "user", "content": text}]}).encode()


async def answered(to: HttpAccount, text: str) -> bytes:
    answer = await to.post("/chat/completions", [], asking(text))
    try:
        return await answer.read()
    finally:
        await answer.close()


async def left(upstream: Upstream, callers: int) -> None:
    """Returns when so many callers have hung up; hangs, and fails by the test's own limit, when they do not."""
    while upstream.left < callers:
        await asyncio.sleep(0.01)


async def test_a_cancelled_request_hangs_up_before_the_head_and_leaves_others_alone(upstream: Upstream):
    to = account(upstream)
    await asyncio.gather(*[answered(to, "warm") for _ in range(4)])
    leaving = [asyncio.ensure_future(answered(to, "!hang")) for _ in range(3)]
    staying = asyncio.ensure_future(answered(to, "!wait"))
    while len(upstream.bodies) < 8:
        await asyncio.sleep(0.01)
    for task in leaving:
        task.cancel()
    await left(upstream, 3)
    upstream.go.set()
    assert b"four small words" in await staying
    assert b"four small words" in await answered(to, "again")
    assert upstream.left == 3
    await to.close()


async def test_no_first_byte_in_time_hangs_up(upstream: Upstream):
    to = account(upstream, first_byte=0.1)
    with pytest.raises(UpstreamTimeout, match="first_byte"):
        await answered(to, "!hang")
    await left(upstream, 1)
    await to.close()


async def test_an_upstream_that_is_not_there_is_unreachable():
    to = HttpAccount("up", "http://127.0.0.1:9/v1", TimeoutSettings())
    with pytest.raises(UpstreamUnreachable, match=r"127\.0\.0\.1"):
        await answered(to, "hello")
    await to.close()


async def test_an_account_that_must_stay_outside_sends_nothing_to_a_private_address(upstream: Upstream):
    for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]"):
        to = HttpAccount("up", upstream.url.replace("127.0.0.1", host), TimeoutSettings(connect=2), public_only=True)
        with pytest.raises(UpstreamUnreachable):
            await answered(to, "hello")
        await to.close()
    assert upstream.bodies == []
