"""A request leaves nothing for the collector, which comes rarely: circles would keep bodies of megabytes in memory until then."""

import asyncio
import gc
import json
from typing import Any

import msgspec

from config import Settings
from config.schema import (
    CacheSettings,
    DetectionSettings,
    GuardrailSettings,
    HedgeSettings,
    ProviderSettings,
    RouteSettings,
    StorageSettings,
    TargetSettings,
)
from gateway.cache.service import CacheService
from gateway.guardrails.build import guardrails_of
from gateway.prompts import PromptSource
from gateway.service import Gateway
from gateway.surfaces.openai import Surface
from gateway.types import Inbound, Operation
from server.http.cycle import Cycle
from server.http.listener import Listener
from tracing import types
from tracing.live import LiveTracer

TARGETS = (TargetSettings(model="fake/echo"),)
SETTINGS = Settings(
    providers={"fake": ProviderSettings(kind="fake")},
    guardrails=(GuardrailSettings(name="private", action="mask", detect=DetectionSettings(words=("kraken",))),),
    routes=(
        RouteSettings(name="retried", targets=TARGETS, retries=1),
        RouteSettings(name="raced", targets=TARGETS, hedge=HedgeSettings(after=5.0)),
        RouteSettings(name="kept", targets=TARGETS, cache=CacheSettings(ttl=60)),
        RouteSettings(name="guarded", targets=TARGETS, guardrails=("private",)),
    ),
)
ROUNDS = 3


class NoPrompts(PromptSource):
    async def render(self, name: str, selector: str, variables: object) -> Any:
        raise AssertionError("no prompt is asked for")


async def ask_nobody(*_: object) -> Any:
    raise AssertionError("nobody is asked")


def made() -> Gateway:
    cache = CacheService(StorageSettings(), 0, ask_nobody)
    tracer = LiveTracer({}, types.Scope("test", "1"), None, lambda _: None)

    def policies(settings: Settings) -> list:
        return [each for each in (guardrails_of(settings, ask_nobody), cache.policy(settings)) if each is not None]

    return Gateway.build(SETTINGS, tracer, NoPrompts(), policies)


async def ask(port: int, model: str, *, stream: bool, path: str = "/") -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = msgspec.json.encode({"model": model, "stream": stream, "messages": [{"role": "user", "content": "hello"}]})
    writer.write(b"POST %b HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (path.encode(), len(body), body))
    answer = await reader.read()
    assert (b"data: [DONE]" in answer) if stream else json.loads(answer.partition(b"\r\n\r\n")[2])
    writer.close()
    await writer.wait_closed()


async def test_a_request_is_gone_from_memory_once_it_is_answered():
    surface = Surface(made(), 1_000_000)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await surface.serve(Operation.CHAT, scope, receive, send)

    listener = await Listener.open(app, "127.0.0.1", 0)
    kinds = [(model, stream) for model in ("fake/echo", "retried", "raced", "kept", "guarded", "nobody") for stream in (False, True)]
    kinds.remove(("nobody", True))
    try:
        for model, stream in kinds:
            await ask(listener.port, model, stream=stream)
        await asyncio.sleep(0.05)
        gc.collect()
        gc.disable()
        for _ in range(ROUNDS):
            for model, stream in kinds:
                await ask(listener.port, model, stream=stream)
        await asyncio.sleep(0.05)
        left = [each for each in gc.get_objects() if isinstance(each, (Inbound, Cycle))]
        assert len(left) < ROUNDS, [type(each).__name__ for each in left]
    finally:
        gc.enable()
        await listener.close(0.1)
