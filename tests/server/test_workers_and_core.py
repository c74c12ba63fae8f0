"""What workers and their core say to each other, within one process."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from litestar.types import Message, Receive, Scope, Send

from gateway.limits.ledger import Count, LocalLedger
from gateway.limits.types import Ceiling, Charge, Demand, Granted
from server.gateway_app import gateway_routers
from server.http.acceptor import Acceptor
from server.http.listener import Listener
from server.http.protocol import HttpProtocol
from server.http.shared import Shared
from server.workers.core import with_client
from server.workers.forwarding import Forwarder
from server.workers.front import answers
from server.workers.messages import Hello, Seen
from server.workers.place import CLIENT, unix_socket
from server.workers.recovery import Recovery

HERE = ("192.0.2.1", 4242)


class Core:
    """Says who it thinks asks, then a word each time that it is let."""

    def __init__(self) -> None:
        self.word = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        client, forged = scope["client"], [name for name, _ in scope["headers"] if name == CLIENT]
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        await send(
            {"type": "http.response.body", "body": f"{scope['scheme']} {client} {scope['server']} {forged}".encode(), "more_body": True}
        )
        await self.word.wait()
        await send({"type": "http.response.body", "body": b"a word", "more_body": False})


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    core, shared = Core(), Shared()
    app = with_client(core)
    listener = Listener(Acceptor([unix_socket(str(tmp_path / "core"))], lambda: HttpProtocol(app, shared)), shared)
    yield core
    await listener.close(1)


@pytest.mark.parametrize("client", [("203.0.113.7", 4711), ("2001:db8::7", 4711), None])
async def test_the_core_sees_the_client_of_the_worker_whatever_it_claims_and_its_words_come_as_they_are_said(tmp_path, core, client):
    forwarder = Forwarder(str(tmp_path / "core"))
    said: asyncio.Queue[Message] = asyncio.Queue()
    claimed = [(b"host", b"here"), (CLIENT, b"http 198.51.100.1 1 198.51.100.1 1"), (b"x-forwarded-for", b"198.51.100.1")]
    scope: Any = {
        "type": "http",
        "method": "GET",
        "scheme": "https",
        "raw_path": b"/page",
        "query_string": b"",
        "headers": claimed,
        "client": client,
        "server": HERE,
    }
    asking = asyncio.create_task(forwarder(scope, _nothing, said.put))  # type: ignore[arg-type]  # a queue takes any message
    async with asyncio.timeout(5):
        assert (await said.get())["type"] == "http.response.start"
        assert (await said.get())["body"] == f"https {client} {HERE} []".encode()
        assert said.empty()
        core.word.set()
        assert (await said.get())["body"] == b"a word"
        await asking
    forwarder.close()


async def _nothing() -> Any:
    return {"type": "http.request", "body": b"", "more_body": False}


async def test_the_next_core_counts_from_where_any_worker_saw_a_counter_last_and_grants_nothing_before():
    ceiling = Ceiling(id="tokens", name="tokens", metric="tokens", limit=1000, window="day", per="all")
    counter = ("tokens", 0, "")
    charge = Charge(counter, ceiling, Demand(100, 100), ends=2**40)
    under_way = Granted("of worker 2", (charge,), (100,), (300,))
    ledger = LocalLedger()
    recovery = Recovery(ledger, 2)
    recovery.take(Hello(1, seen=(Seen(counter, 5, 900, 2**40),)))
    assert not recovery.over
    recovery.take(Hello(2, open=(under_way,), seen=(Seen(counter, 9, 700, 2**40),)))
    await recovery.wait()
    assert ledger.counted(0)[counter] == Count(600, 100, 2**40), "others gave back meanwhile: the latest is right, not the most"
    recovery.take(Hello(2, open=(under_way,), seen=(Seen(counter, 9, 700, 2**40),)))  # its line was lost, not the core
    ledger.give_back(under_way, {"tokens": 40})
    assert ledger.counted(0)[counter] == Count(640, 0, 2**40)


def test_a_worker_answers_the_paths_of_models_clients_and_of_nobody_else():
    from litestar import Litestar

    app = Litestar(gateway_routers(MagicMock(), MagicMock(), MagicMock(), 1), openapi_config=None)
    assert [route.path for route in app.routes if not answers(f"{route.path}/".replace("{", "").replace("}", ""))] == []
    assert not any(map(answers, ("/", "/gateway", "/v1/traces", "/api/v1/traces", "/api/2.0/mlflow/runs/create", "/health", "/metrics")))
