"""The data of a request's way: what came in, what was decided, what was observed, what goes back."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from gateway.dialects.types import DialectName, EmbeddingDialect
from gateway.errors import GatewayError
from gateway.upload import Sending, Upload

__all__ = (
    "Answer",
    "Headers",
    "Inbound",
    "Message",
    "Observation",
    "Opened",
    "Operation",
    "Origin",
    "Outbound",
    "Passage",
    "Plan",
    "Previous",
    "Provider",
    "Reply",
    "Resource",
    "StreamReader",
    "Target",
    "Upstream",
    "Usage",
)

Headers = list[tuple[bytes, bytes]]
"""As ASGI has them: lower-case names, latin-1 bytes, duplicates kept."""


class Operation(StrEnum):
    """What is asked for, as ``gen_ai.operation.name`` calls it."""

    CHAT = "chat"
    EMBEDDINGS = "embeddings"
    COMPLETIONS = "text_completion"
    MODERATION = "moderation"
    IMAGE = "image_generation"
    IMAGE_EDIT = "image_edit"
    IMAGE_VARIATION = "image_variation"
    SPEECH = "speech"
    TRANSCRIPTION = "transcription"
    TRANSLATION = "translation"
    RERANK = "rerank"
    DECISION = "decision"
    STORED_CHATS = "stored_chats"
    FILES = "files"
    BATCHES = "batches"
    UPLOADS = "uploads"
    VECTOR_STORES = "vector_stores"
    CONVERSATIONS = "conversations"
    CONTAINERS = "containers"
    FINE_TUNING = "fine_tuning"
    EVALS = "evals"
    VIDEOS = "videos"
    SKILLS = "skills"
    ASSISTANTS = "assistants"
    THREADS = "threads"
    AGENTS = "agents"
    VAULTS = "vaults"
    CHATKIT = "chatkit"
    VOICES = "voices"
    VOICE_CONSENTS = "voice_consents"
    PROVENANCE_CHECKS = "content_provenance_checks"
    PASSTHROUGH = "passthrough"


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks from inside this process: a judge, and the trace it judges, a guardrail by its name, or the cache of a route."""

    judge_name: str = ""
    judge_version: str = ""
    judged_trace_id: str = ""
    guardrail: str = ""
    cache: str = ""


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of an upstream beside generations and embeddings. ``path`` is beneath its base URL, query included; ``""``: that of the operation.

    ``flows``: the answer goes on as it arrives, also one in JSON, which is read whole otherwise.
    """

    method: str = "POST"
    path: str = ""
    content_type: str = "application/json"
    flows: bool = False


class Previous(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation that a request of OpenAI's Responses goes on from: its items as JSON. ``native``: the vendor has it, too."""

    items: bytes
    native: bool


class Inbound(msgspec.Struct, frozen=True, kw_only=True):
    """A request as a surface received it. ``received_ns`` is wall-clock time, ``started`` the performance counter, in nanoseconds.

    ``address`` is where the connection comes from; empty for callers in this process. ``model`` and ``stream`` are told here by dialects that have
    them in the URL. ``upload`` is the body, in place of ``body``, where it is a form that is sent on as it comes. ``resource`` is asked for instead of a generation or embeddings; ``provider`` names the account where no model does.
    ``traced`` is told the id of the trace as soon as there is one.
    """

    operation: Operation
    body: bytes
    headers: Iterable[tuple[bytes, bytes]]
    received_ns: int
    started: int
    origin: Origin | None = None
    address: str = ""
    dialect: DialectName = DialectName.OPENAI_CHAT
    model: str = ""
    stream: bool = False
    resource: Resource | None = None
    provider: str = ""
    previous: Previous | None = None
    upload: Upload | None = None
    traced: Callable[[str], None] | None = None


class Target(msgspec.Struct, frozen=True):
    """One model of one configured provider."""

    provider: str
    model: str

    @property
    def name(self) -> str:
        """As users write it: ``provider/model``."""
        return f"{self.provider}/{self.model}"


class Plan(msgspec.Struct, frozen=True):
    """Where a request goes: targets in the order they are tried. ``route`` is ``""`` when the target was named directly."""

    route: str
    targets: tuple[Target, ...]


class Outbound(msgspec.Struct, frozen=True, kw_only=True):
    """A request as a provider gets it.

    ``headers`` are the client's own; each provider takes only those that it allows. ``body`` is in ``dialect``, which is one of
    ``Provider.dialects``. ``model`` is the upstream's name of the model, for providers that have it in the URL. ``upload`` as in
    ``Inbound``.
    """

    operation: Operation
    body: bytes
    headers: Iterable[tuple[bytes, bytes]]
    stream: bool
    traceparent: str
    dialect: DialectName = DialectName.OPENAI_CHAT
    model: str = ""
    resource: Resource | None = None
    upload: Sending | None = None


class Upstream(Protocol):
    """An answer that has begun. Reading raises ``UpstreamFailure``; whoever opened it closes it."""

    status: int
    headers: Headers

    async def read(self) -> bytes:
        """The whole body."""
        ...

    async def next_chunk(self) -> bytes | None:
        """The next bytes as they arrive, ``None`` at a clean end."""
        ...

    async def close(self) -> None:
        """Give the connection back, or end it if the answer is not through."""
        ...


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens as the upstream counted them: input with what a cache gave, output with reasoning. ``None``: it did not say."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    estimated: bool = False


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message in the form of the GenAI conventions; a part is an object with a ``type``.

    https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-events/
    """

    role: str
    parts: list[dict[str, Any]]
    finish_reason: str | None = None


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer was, read from a copy of it. ``error`` is the code of an error that came inside an answer of status 200.

    ``sealed`` are thoughts that the account alone can read that made them, as ``gateway.resilience.affinity`` knows them.
    """

    response_id: str | None = None
    model: str | None = None
    finish_reasons: tuple[str, ...] = ()
    messages: Sequence[Message] = ()
    usage: Usage | None = None
    error: str | None = None
    sealed: tuple[str, ...] = ()


class StreamReader(Protocol):
    """Reads the copy of a stream, and says which bytes the client gets."""

    @property
    def ended(self) -> bool:
        """Whether the dialect's own end mark was seen."""
        ...

    @property
    def complete(self) -> bool:
        """Whether the answer is whole: the end mark, or a finish reason for every choice."""
        ...

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes, give those to be forwarded."""
        ...

    def end(self) -> bytes:
        """The stream is over: give the bytes that were held back."""
        ...

    def observation(self) -> Observation:
        """What was said so far."""
        ...


class Provider(Protocol):
    """One upstream account in one dialect."""

    system: str
    """``gen_ai.provider.name``: who is paid."""

    address: str
    """Host of the upstream, for the span."""

    operations: frozenset[Operation]
    """What it has an API for."""

    def dialects(self, model: str) -> tuple[DialectName, ...]:
        """The dialects in which ``model`` can be asked for a generation, the preferred one first.

        A request in one of them passes as it is; one in another dialect is translated into the first.
        """
        ...

    def embedding_dialect(self, model: str) -> EmbeddingDialect | None:
        """How ``model`` is asked for embeddings; ``None``: in OpenAI's form, as they came."""
        ...

    def fetches(self, model: str) -> bool:
        """Whether ``model`` fetches images and documents by address itself. If not, they are fetched here."""
        ...

    async def send(self, request: Outbound) -> Upstream:
        """Send a request and wait for the first bytes of the answer's head. Raises ``UpstreamFailure``."""
        ...

    def models(self) -> tuple[str, ...]:
        """Names of models known without asking."""
        ...

    async def close(self) -> None:
        """Let go of the connections."""
        ...


class Passage(Protocol):
    """The way of one request to one target and of its answer back: the client's dialect on one side, the target's on the other."""

    dialect: DialectName
    """Of the target."""

    body: bytes
    """The request, as the target gets it."""

    dropped: tuple[str, ...]
    """What of the request the target's dialect has no words for, and was left out."""

    def answered(self, upstream: Upstream) -> Upstream:
        """The target's answer, translated into the client's dialect."""
        ...

    def read_answer(self, body: bytes) -> Observation:
        """Read a whole answer in the client's dialect. Raises ``UpstreamBroken`` when it is not what the dialect promises."""
        ...

    def read_stream(self) -> StreamReader:
        """A reader for the stream in the client's dialect."""
        ...

    def fail(self, error: GatewayError) -> bytes:
        """The bytes that end a broken stream, so that no client takes it for whole."""
        ...


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """An answer of ``target`` that can go to the client: the ``first`` bytes of a stream that goes on, or a whole ``body``, read and closed.

    It is in the client's dialect, whichever the target speaks.
    """

    target: Target
    provider: Provider
    passage: Passage
    upstream: Upstream
    first: bytes | None = None
    body: bytes = b""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What goes back to the client: a whole ``body``, or a ``stream`` whose first bytes are there already.

    ``may_be_kept`` is ``False`` where nothing of what is said may be stored.
    """

    status: int
    headers: Headers
    trace_id: str
    body: bytes = b""
    stream: AsyncIterator[bytes] | None = None
    target: str = ""
    usage: Usage | None = None
    may_be_kept: bool = True


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A whole answer for a caller in this process. ``target`` is ``provider/model``, ``""`` when none was reached."""

    status: int
    headers: Headers
    body: bytes
    trace_id: str
    target: str = ""
    usage: Usage | None = None
