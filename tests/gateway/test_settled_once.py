"""Requests that race, retry, fall back, are copied and are given up at any moment: each is settled once, and nothing goes on without them."""

import asyncio
import json
import random
from collections import Counter
from time import perf_counter_ns, time_ns
from typing import Any

import msgspec

from config import Settings
from config.schema import ProviderSettings
from gateway.policies import Call, Outcome, Policy
from gateway.service import Gateway
from gateway.types import Inbound, Operation
from tests.upstream import scripted_upstream
from tracing import types
from tracing.live import LiveSpan, LiveTracer

ROUTES = """
[{"name": "raced", "targets": [{"model": "up/one"}], "fallbacks": ["up/two"], "hedge": {"after": 0.02}, "retries": 1, "backoff": {"base": 0.01}},
 {"name": "retried", "targets": [{"model": "up/one"}], "retries": 2, "retry_on": ["429", "5xx", "timeout", "broken"],
  "backoff": {"base": 0.01, "longest_wait": 0.02}},
 {"name": "saved", "targets": [{"model": "up/one"}, {"model": "dead/one"}], "fallbacks": ["up/two"], "breaker": {"failures": 2, "open": 0.05}},
 {"name": "balanced", "strategy": "latency", "targets": [{"model": "up/one"}, {"model": "up/two"}], "retries": 1, "backoff": {"base": 0.01}},
 {"name": "copied", "targets": [{"model": "up/one"}], "shadows": [{"model": "up/shadow", "share": 0.5}]}]
"""
FAULTS = ("", "", "", "!429", "!500", "!hang", "!cut", "!silent", "!stall", "!gone", "!drip")
REQUESTS = 160


class Counting(Policy):
    """Counts who comes and who goes."""

    def __init__(self) -> None:
        self.admitted = 0
        self.settled: Counter[int] = Counter()

    async def admit(self, call: Call) -> None:
        await asyncio.sleep(0)
        self.admitted += 1
        call.pending = self.admitted

    def settle(self, call: Call, outcome: Outcome) -> None:
        self.settled[call.pending] += 1


class Spans:
    def __init__(self) -> None:
        self.begun: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()

    def begin(self, span: LiveSpan) -> None:
        self.begun[span.raw.span_id] += 1

    def end(self, span: LiveSpan) -> None:
        self.ended[span.raw.span_id] += 1


class NoPrompts:
    async def render(self, name: str, selector: str, variables: object) -> Any:
        raise AssertionError("no prompt is asked for")


def settings(url: str) -> Settings:
    timeouts = {"first_byte": 0.3, "between_chunks": 0.3, "total": 2.0}
    up = msgspec.convert({"kind": "openai", "base_url": url, "timeouts": timeouts}, ProviderSettings)
    dead = ProviderSettings(kind="openai", base_url="http://127.0.0.1:9/v1")
    return Settings(providers={"up": up, "dead": dead}, routes=msgspec.convert(json.loads(ROUTES), Settings.__annotations__["routes"]))


async def ask(gateway: Gateway, chance: random.Random, number: int) -> None:
    model = chance.choice(("raced", "retried", "saved", "balanced", "copied"))
    said = {"model": model, "stream": chance.random() < 0.5, "messages": [{"role": "user", "content": f"{chance.choice(FAULTS)} {number}"}]}
    inbound = Inbound(
        operation=Operation.CHAT, body=msgspec.json.encode(said), headers=[], received_ns=time_ns(), started=perf_counter_ns(), address=""
    )
    reply = await gateway.handle(inbound)
    if reply.stream is not None:
        try:
            async for _ in reply.stream:
                await asyncio.sleep(0)
        finally:
            await reply.stream.aclose()


async def given_up(work: asyncio.Task, seconds: float | None) -> None:
    """Wait for it, or for so long, and not even that."""
    await asyncio.wait([work], timeout=seconds)
    work.cancel()
    await asyncio.wait([work])
    if not work.cancelled():
        work.result()


async def test_each_request_is_settled_once_and_nothing_of_it_goes_on():
    chance, policy, spans = random.Random(4), Counting(), Spans()
    async with scripted_upstream() as upstream:
        tracer = LiveTracer({}, types.Scope("test", "1"), spans.begin, spans.end)
        gateway = Gateway.build(settings(upstream.url), tracer, NoPrompts(), lambda _: (policy,))
        before = asyncio.all_tasks()
        async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
            for number in range(REQUESTS):
                work = asyncio.create_task(ask(gateway, chance, number))
                tasks.create_task(given_up(work, chance.choice((None, None, 0.0, 0.005, 0.03, 0.1))))
                if number % 20 == 0:
                    await asyncio.sleep(0.02)
        pools = gateway._snapshot.pools
        async with asyncio.timeout(10):
            while any(pool.shadows_under_way for pool in pools.values()):
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.05)
        assert (sum(policy.settled.values()), set(policy.settled.values())) == (policy.admitted, {1})
        assert spans.begun == spans.ended
        assert set(spans.ended.values()) == {1}
        assert {health.pending for pool in pools.values() for health in pool.health.values()} == {0}
        assert upstream.busy == 0
        assert not [task for task in asyncio.all_tasks() - before if "Upstream" not in repr(task)]
        await gateway.close()


async def test_a_request_that_is_held_back_is_answered_and_one_whose_client_leaves_meanwhile_is_told():
    spans = Spans()
    async with scripted_upstream() as upstream:
        gateway = Gateway.build(settings(upstream.url), LiveTracer({}, types.Scope("test", "1"), spans.begin, spans.end), NoPrompts())
        gateway.pace_by(lambda: 0.05)
        gateway.reconfigure(settings(upstream.url))
        body = msgspec.json.encode({"model": "up/m", "messages": [{"role": "user", "content": "hello"}]})
        began = perf_counter_ns()
        inbound = Inbound(operation=Operation.CHAT, body=body, headers=[], received_ns=time_ns(), started=began, address="")
        assert (await gateway.handle(inbound)).status == 200
        assert perf_counter_ns() - began >= 50_000_000
        await given_up(asyncio.create_task(gateway.handle(inbound)), 0.01)
        assert (len(spans.begun), spans.begun) == (2, spans.ended)
        await gateway.close()
