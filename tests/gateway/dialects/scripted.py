"""A provider in this process that speaks any one dialect: it gives what it was told to give, cut as it was told, and keeps what it was sent."""

from collections.abc import Iterable

from config.schema import ProviderSettings, RouteSettings, Settings, TargetSettings
from gateway import providers
from gateway.dialects.types import DialectName
from gateway.prompts import NoPrompts
from gateway.service import Gateway
from gateway.types import Inbound, Operation, Outbound, Reply
from tests.gateway.dialects.published import complaint
from tracing.live import LiveSpan, LiveTracer
from tracing.types import Scope

JSON = [(b"content-type", b"application/json")]
STREAM = [(b"content-type", b"text/event-stream; charset=utf-8")]


class Vendor:
    """Implements ``gateway.types.Provider``."""

    system = address = "scripted"
    operations = frozenset(Operation)

    def __init__(self, dialect: DialectName, answer: bytes = b"", chunks: Iterable[bytes] = (), status: int = 200, headers=()) -> None:
        self.dialect, self.answer, self.chunks, self.status, self.extra = dialect, answer, list(chunks), status, list(headers)
        self.sent: list[Outbound] = []
        self.crossing = False
        """Whether what is sent was translated: then it must be of the vendor's published shape."""

    def dialects(self, model: str):
        return (self.dialect,)

    def embedding_dialect(self, model: str):
        return None

    def fetches(self, model: str) -> bool:
        return True

    async def send(self, request: Outbound):
        self.sent.append(request)
        if self.crossing and (wrong := complaint(self.dialect, request.body)) is not None:
            raise AssertionError(f"{self.dialect.value} would refuse what is sent: {wrong}\n{request.body.decode()}")
        streams = request.stream and self.status < 400 and self.chunks
        return Given(self.status, [*(STREAM if streams else JSON), *self.extra], self.chunks if streams else [self.answer])

    def models(self):
        return ()

    async def close(self) -> None:
        pass


class Given:
    def __init__(self, status, headers, chunks) -> None:
        self.status, self.headers, self._chunks = status, headers, iter(chunks)

    async def read(self) -> bytes:
        return b"".join(self._chunks)

    async def next_chunk(self):
        return next(self._chunks, None)

    async def close(self) -> None:
        pass


class Rig:
    """A gateway with that provider as ``up`` and routes onto it; ``spans`` are those that ended."""

    def __init__(self, vendor: Vendor, on_unsupported: str = "drop", prompts=None) -> None:
        self.vendor = vendor
        self.strict = on_unsupported != "forward"
        self._ended: list[LiveSpan] = []
        route = RouteSettings(name="route", targets=(TargetSettings(model="up/model-1"),), on_unsupported=on_unsupported)
        settings = Settings(providers={"up": ProviderSettings(kind="fake")}, routes=(route,))
        before = providers.PROVIDERS
        providers.PROVIDERS = {"fake": lambda *_: vendor}
        try:
            self.gateway = Gateway.build(settings, LiveTracer({}, Scope("test"), None, self._ended.append), prompts or NoPrompts())
        finally:
            providers.PROVIDERS = before

    async def ask(self, body: bytes, dialect: DialectName = DialectName.OPENAI_CHAT, model: str = "", stream: bool = False) -> Reply:
        self.vendor.crossing = self.strict and dialect is not self.vendor.dialect
        inbound = Inbound(
            operation=Operation.CHAT, body=body, headers=[], received_ns=1, started=1, dialect=dialect, model=model, stream=stream
        )
        return await self.gateway.handle(inbound)

    async def text(self, body: bytes, dialect: DialectName = DialectName.OPENAI_CHAT, model: str = "", stream: bool = False) -> bytes:
        reply = await self.ask(body, dialect, model, stream)
        return reply.body if reply.stream is None else b"".join([chunk async for chunk in reply.stream])

    @property
    def span(self) -> dict:
        return dict(self._ended[-1].raw.attributes)
