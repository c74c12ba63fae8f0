"""A vendor's error passes as it is, but for the keys of the account that was asked."""

import asyncio
import json
from time import perf_counter_ns, time_ns
from typing import Any

from config import Secret
from config.schema import ProviderSettings, Settings
from gateway.prompts import PromptSource
from gateway.service import Gateway
from gateway.types import Inbound, Operation
from tracing import types
from tracing.live import LiveTracer


class NoPrompts(PromptSource):
    async def render(self, name: str, selector: str, variables: object) -> Any:
        raise AssertionError("no prompt is asked for")


async def repeating(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A vendor that says with what it was called."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    said = json.dumps({"error": {"message": f"cannot use {head}", "type": "invalid_request_error"}}).encode()
    writer.write(b"HTTP/1.1 401 No\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(said), said))
    await writer.drain()
    writer.close()


async def test_a_key_that_a_vendor_repeats_in_its_error_does_not_reach_the_client():
    server = await asyncio.start_server(repeating, "127.0.0.1", 0)
    base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    account = ProviderSettings(base_url=base, api_key=Secret("sk-canary-51"), headers={"x-second": Secret("canary-52")})
    gateway = Gateway.build(Settings(providers={"up": account}), LiveTracer({}, types.Scope("t", "1"), None, lambda _: None), NoPrompts())
    body = json.dumps({"model": "up/m", "messages": [{"role": "user", "content": "hello"}]}).encode()
    asked = Inbound(operation=Operation.CHAT, body=body, headers=[], received_ns=time_ns(), started=perf_counter_ns())
    reply = await gateway.handle(asked)
    assert reply.status == 401
    assert b"canary" not in reply.body
    assert "cannot use POST /v1/chat/completions" in json.loads(reply.body)["error"]["message"]
    await gateway.close()
    server.close()
