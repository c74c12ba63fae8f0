"""One server for all tests of what may answer or refuse a request, with a scripted vendor behind it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from openai import AsyncOpenAI

from tests.running import RunningServer, start_server
from tests.upstream import Upstream, scripted_upstream

CONFIG = r"""
storage: {{redis: "{redis}"}}
security: {{allow_private_addresses: true}}
providers:
  openai: {{kind: openai, base_url: "{url}", api_key: env:UP_KEY}}
limits:
  - {{name: few, tokens: 40, per: route, only: [counted], window: month}}
  - {{name: calls, requests: 2, per: route, only: [counted], window: month}}
guardrails:
  - {{name: private, action: mask, detect: {{pii: [email, credit_card], words: [kraken]}}}}
  - {{name: polite, on: [input], detect: {{words: [drat]}}}}
  - {{name: discreet, on: [output], detect: {{patterns: {{badge: 'BDG-\d{{4}}'}}}}}}
  - {{name: patient, on: [output], stream: hold, detect: {{patterns: {{badge: 'BDG-\d{{4}}'}}}}}}
  - {{name: curious, action: warn, detect: {{words: [kraken]}}}}
  - {{name: lawful, on: [input], judge: {{model: openai/judge, rule: It asks for what is forbidden.}}}}
  - {{name: lenient, on: [input], on_error: pass, judge: {{model: openai/judge, rule: It asks for what is forbidden.}}}}
  - {{name: fair, on: [output], judge: {{model: openai/judge, rule: It says what is forbidden.}}}}
  - {{name: whole, on: [output], stream: refuse, judge: {{model: openai/judge, rule: It says what is forbidden.}}}}
  - {{name: shaped, on: [output], json_schema: '{{"type": "object", "required": ["a"], "properties": {{"a": {{"type": "integer"}}}}}}'}}
  - {{name: moderated, moderation: {{model: openai/mod, threshold: 0.5, categories: [violence]}}}}
  - {{name: everywhere, on_error: pass, always: true, detect: {{words: [abracadabra]}}}}
routes:
  - {{name: masked, guardrails: [private], targets: [{{model: fake/echo}}]}}
  - {{name: masked-up, guardrails: [private], targets: [{{model: openai/one}}]}}
  - {{name: masked-kept, guardrails: [private], targets: [{{model: fake/echo}}], cache: {{ttl: 60}}}}
  - {{name: polite, guardrails: [polite], targets: [{{model: openai/one}}]}}
  - {{name: discreet, guardrails: [discreet], targets: [{{model: fake/echo}}]}}
  - {{name: patient, guardrails: [patient], targets: [{{model: fake/echo}}]}}
  - {{name: second, guardrails: [discreet], targets: [{{model: fake/echo}}], fallbacks: [openai/one], fallback_on: [content_policy],
      limits: [{{name: seconds, tokens: 1000, window: month}}]}}
  - {{name: stubborn, guardrails: [discreet], targets: [{{model: fake/echo}}], fallbacks: [fake/echo-2], fallback_on: [content_policy]}}
  - {{name: curious, guardrails: [curious], targets: [{{model: fake/echo}}]}}
  - {{name: lawful, guardrails: [lawful], targets: [{{model: fake/echo}}]}}
  - {{name: lenient, guardrails: [lenient], targets: [{{model: fake/echo}}]}}
  - {{name: fair, guardrails: [fair], targets: [{{model: fake/echo}}], limits: [{{name: spent, tokens: 1000, window: month}}]}}
  - {{name: whole, guardrails: [whole], targets: [{{model: fake/echo}}]}}
  - {{name: moderated, guardrails: [moderated], targets: [{{model: fake/echo}}]}}
  - {{name: spoken, guardrails: [private], targets: [{{model: openai/tts}}]}}
  - {{name: shaped, guardrails: [shaped], targets: [{{model: fake/echo}}]}}
  - {{name: cached, targets: [{{model: openai/gpt-4o-mini}}], cache: {{ttl: 60}}}}
  - {{name: twin, targets: [{{model: openai/gpt-4o-mini}}], cache: {{ttl: 60}}}}
  - {{name: brief, targets: [{{model: openai/gpt-4o-mini}}], cache: {{ttl: 1}}}}
  - {{name: shared, targets: [{{model: openai/gpt-4o-mini}}], cache: {{store: redis}}}}
  - {{name: filed, targets: [{{model: openai/gpt-4o-mini}}], cache: {{store: disk}}}}
  - {{name: counted, targets: [{{model: openai/gpt-4o-mini}}], cache: {{ttl: 60}}}}
  - {{name: saved, targets: [{{model: openai/gpt-4o-mini}}], fallbacks: [fake/echo], cache: {{ttl: 60}}}}
  - {{name: meant, targets: [{{model: openai/gpt-4o-mini}}], cache: {{ttl: 60, semantic: {{model: openai/embed, threshold: 0.9}}}}}}
  - {{name: unmeant, targets: [{{model: openai/gpt-4o-mini}}], cache: {{ttl: 60, semantic: {{model: openai/gpt-4o-mini}}}}}}
  - {{name: vectors, targets: [{{model: fake/echo}}], cache: {{ttl: 60}}}}
"""


class Rig:
    def __init__(self, server: RunningServer, upstream: Upstream) -> None:
        self.server, self.upstream = server, upstream
        self.http = httpx.AsyncClient(base_url=server.url, timeout=20)
        self.sdk = AsyncOpenAI(base_url=f"{server.url}/v1", api_key="unused", max_retries=0)

    async def ask(self, model: str, text: str = "hello", *, headers: dict[str, str] | None = None, **body) -> httpx.Response:
        body = {"model": model, "messages": [{"role": "user", "content": text}], **body}
        return await self.http.post("/v1/chat/completions", json=body, headers=headers)

    async def trace(self, answer: httpx.Response) -> list[dict]:
        """The spans of an answer, the request's own first."""
        trace = (await self.http.get(f"/api/v1/traces/{answer.headers['x-tidegate-trace-id']}")).json()
        return sorted(trace["spans"], key=lambda span: (span["parent_span_id"] is not None, span["start_time"]))

    async def key(self, name: str, **more) -> dict[str, str]:
        made = (await self.http.post("/api/v1/keys", json={"name": name, **more})).json()
        return {"authorization": f"Bearer {made['key']}"}

    def asked(self) -> int:
        return len(self.upstream.bodies)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def rig(tmp_path_factory: pytest.TempPathFactory, redis_url) -> AsyncIterator[Rig]:
    home: Path = tmp_path_factory.mktemp("protected")
    async with scripted_upstream() as upstream:
        config = home / "tidegate.yaml"
        config.write_text(CONFIG.format(url=upstream.url, redis=redis_url.reveal()))
        server = await asyncio.to_thread(start_server, home / "data", config=config, env={"UP_KEY": "sk-up"})
        try:
            yield Rig(server, upstream)
        finally:
            await asyncio.to_thread(server.stop)
        assert "Traceback" not in server.log.read_text()
