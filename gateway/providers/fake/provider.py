"""The built-in provider: answers without a key or a network. Product, test double and source of the demo.

It speaks OpenAI's dialect and implements ``Upstream`` in this process, so that its answers take the same way as a vendor's.
"""

import asyncio
from collections.abc import AsyncIterator

from typing_extensions import override

from config.schema import ProviderSettings
from gateway.dialects.types import DialectName, EmbeddingDialect
from gateway.providers.fake.models import MODELS, Fault, Script, scripted
from gateway.types import Headers, Operation, Outbound, Upstream

__all__ = ("FakeProvider",)


class FakeProvider:
    """Implements ``gateway.types.Provider``."""

    operations = frozenset({Operation.CHAT, Operation.EMBEDDINGS, Operation.COMPLETIONS})

    def __init__(self, name: str, settings: ProviderSettings) -> None:
        self.system = name
        self.address = "in-process"

    def dialects(self, model: str) -> tuple[DialectName, ...]:
        """See ``Provider.dialects``."""
        return (DialectName.OPENAI_CHAT,)

    def embedding_dialect(self, model: str) -> EmbeddingDialect | None:
        """See ``Provider.embedding_dialect``."""
        return None

    def fetches(self, model: str) -> bool:
        """See ``Provider.fetches``."""
        return True

    async def send(self, request: Outbound) -> Upstream:
        """See ``Provider.send``. A request that the models cannot read is answered as a vendor would: 400, in OpenAI's words."""
        script = scripted(request.operation, request.body)
        if script.delay:
            await asyncio.sleep(script.delay)
        if isinstance(script.answer, Fault):
            return _Answer(script.answer.status, script.answer.headers, script.answer.body)
        return _Answer(200, [], script.answer) if isinstance(script.answer, bytes) else _Stream(script)

    def models(self) -> tuple[str, ...]:
        """See ``Provider.models``."""
        return tuple(MODELS)

    async def close(self) -> None:
        """See ``Provider.close``."""


class _Answer(Upstream):
    def __init__(self, status: int, headers: Headers, body: bytes) -> None:
        self.status = status
        self.headers = [(b"content-type", b"application/json"), *headers]
        self._body: bytes | None = body

    @override
    async def read(self) -> bytes:
        return self._body or b""

    @override
    async def next_chunk(self) -> bytes | None:
        body, self._body = self._body, None
        return body

    @override
    async def close(self) -> None:
        return


class _Stream(Upstream):
    def __init__(self, script: Script) -> None:
        self.status = 200
        self.headers = [(b"content-type", b"text/event-stream; charset=utf-8")]
        self._chunks = _paced(script)

    @override
    async def read(self) -> bytes:
        return b"".join([chunk async for chunk in self._chunks])

    @override
    async def next_chunk(self) -> bytes | None:
        return await anext(self._chunks, None)

    @override
    async def close(self) -> None:
        return


async def _paced(script: Script) -> AsyncIterator[bytes]:
    for chunk in script.answer if isinstance(script.answer, list) else ():
        yield chunk
        if script.pace:
            await asyncio.sleep(script.pace)
