"""The neutral form: what a request for a generation, its answer and its stream say, whichever dialect they were said in.

A dialect reads its own JSON into these structs and writes its own JSON from them; no dialect knows another. The form is what OpenAI's chat
can say, and what the others say beyond it: signed reasoning, marks of a prompt cache, documents, citations, several parts in one result of a
tool. Where a member has a word in several dialects, the name here is the one of OpenAI's chat.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Literal, Protocol

import msgspec

__all__ = (
    "Answer",
    "Began",
    "CacheMark",
    "CallBegan",
    "CallDelta",
    "Candidate",
    "Citation",
    "CitationDelta",
    "ClientDialect",
    "Counted",
    "Dialect",
    "DialectName",
    "Embed",
    "Embedded",
    "EmbeddingDialect",
    "Ended",
    "Event",
    "EventReader",
    "EventWriter",
    "Failed",
    "Failure",
    "FailureKind",
    "Finish",
    "Finished",
    "Format",
    "HostedTool",
    "Media",
    "Message",
    "Part",
    "PartEnded",
    "Reasoning",
    "ReasoningDelta",
    "ReasoningSettings",
    "Refusal",
    "RefusalDelta",
    "Request",
    "Sampling",
    "Text",
    "TextDelta",
    "Tokens",
    "Tool",
    "ToolCall",
    "ToolChoice",
    "ToolResult",
    "UpstreamDialect",
    "WholePart",
    "Written",
)


class DialectName(StrEnum):
    """The dialects that ask for a generation. The table of ``gateway.dialects`` has a codec for each."""

    OPENAI_CHAT = "openai-chat"
    OPENAI_RESPONSES = "openai-responses"
    OPENAI_COMPLETIONS = "openai-completions"
    ANTHROPIC = "anthropic"
    GEMINI = "gemini"
    BEDROCK = "bedrock-converse"
    COHERE = "cohere"


# What a message is made of.


class CacheMark(msgspec.Struct, frozen=True):
    """The prompt up to and with this part is worth keeping. ``ttl`` as the client said it (``5m``, ``1h``); ``None``: the vendor's default."""

    ttl: str | None = None


class Citation(msgspec.Struct, frozen=True, kw_only=True):
    """Where a piece of text came from. ``start`` and ``end`` are offsets of characters in the text that cites; ``raw`` is the vendor's own form."""

    url: str | None = None
    title: str | None = None
    cited: str | None = None
    start: int | None = None
    end: int | None = None
    raw: Mapping[str, Any] = {}


class Text(msgspec.Struct, frozen=True, tag="text"):
    """Words. ``signature`` belongs to a thought before them, and has to come back with them (Gemini)."""

    text: str
    cache: CacheMark | None = None
    citations: tuple[Citation, ...] = ()
    signature: str | None = None


class Media(msgspec.Struct, frozen=True, kw_only=True, tag="media"):
    """An image, a document, a sound, a film: exactly one of ``data`` (base64), ``url``, ``file_id`` (of the vendor's store), ``text`` says what it is."""

    kind: Literal["image", "document", "audio", "video"]
    media_type: str | None = None
    data: str | None = None
    url: str | None = None
    file_id: str | None = None
    text: str | None = None
    name: str | None = None
    detail: str | None = None
    cache: CacheMark | None = None
    cited: bool | None = None


class ToolCall(msgspec.Struct, frozen=True, kw_only=True, tag="tool_call"):
    """The model asks for a tool. ``arguments`` is JSON text of an object, ``{}`` when there are none; ``signature`` as in ``Text``."""

    id: str
    name: str
    arguments: str = "{}"
    signature: str | None = None
    cache: CacheMark | None = None


class ToolResult(msgspec.Struct, frozen=True, kw_only=True, tag="tool_result"):
    """What a tool gave back. ``name`` is ``""`` where the dialect gives only the call's id."""

    call_id: str
    parts: tuple["Text | Media", ...] = ()
    name: str = ""
    is_error: bool = False
    cache: CacheMark | None = None


class Reasoning(msgspec.Struct, frozen=True, kw_only=True, tag="reasoning"):
    """What the model thought. ``signature`` lets the vendor believe it when it comes back; ``redacted`` is a thought that only the vendor reads.

    ``origin`` is the dialect of that vendor: nobody else can do anything with either.
    """

    text: str = ""
    signature: str | None = None
    redacted: str | None = None
    id: str | None = None
    origin: DialectName | None = None


class Refusal(msgspec.Struct, frozen=True, tag="refusal"):
    """The model says that it will not."""

    text: str


Part = Text | Media | ToolCall | ToolResult | Reasoning | Refusal


class Message(msgspec.Struct, frozen=True):
    """One turn. Results of tools are messages of role ``tool`` that hold nothing else, in the order in which they came."""

    role: Literal["system", "user", "assistant", "tool"]
    parts: tuple[Part, ...]
    name: str | None = None


# What a request asks for.


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """A function that the client runs. ``parameters`` is a JSON Schema of an object; ``None``: it takes none."""

    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None
    cache: CacheMark | None = None


class HostedTool(msgspec.Struct, frozen=True):
    """A tool that a vendor runs. It has no meaning anywhere else: ``raw`` is its declaration in the dialect that it came in."""

    kind: str
    raw: dict[str, Any]


class ToolChoice(msgspec.Struct, frozen=True):
    """Whether tools are called. ``names`` are the only ones that may be, all of them when it is empty; one name and ``required`` force that tool."""

    mode: Literal["auto", "none", "required"]
    names: tuple[str, ...] = ()

    @property
    def forced(self) -> str | None:
        """The one tool that must be called."""
        return self.names[0] if self.mode == "required" and len(self.names) == 1 else None


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """The form of the answer: any JSON object, or what fits ``schema``."""

    kind: Literal["json_object", "json_schema"]
    schema: dict[str, Any] | None = None
    name: str = "answer"
    description: str | None = None
    strict: bool | None = None


class Sampling(msgspec.Struct, frozen=True, kw_only=True):
    """How tokens are drawn. ``None``: the vendor's default."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    n: int | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logit_bias: dict[str, float] | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None


class ReasoningSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How much the model may think: by ``effort`` (``none``, ``minimal``, ``low``, ``medium``, ``high``, ``xhigh``, ``max``), or by ``budget`` in tokens.

    ``enabled`` is ``False`` where the client turned it off; ``shown`` whether it wants to read the thoughts, ``None`` when it did not say.
    """

    effort: str | None = None
    budget: int | None = None
    enabled: bool | None = None
    shown: bool | None = None


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request for a generation. ``system`` is the leading run of instructions; later ones are messages of role ``system``.

    ``extra`` holds members of the body that have no place here, by the name that the client used, as they were sent.
    """

    model: str
    messages: tuple[Message, ...]
    system: tuple[Text, ...] = ()
    tools: tuple[Tool | HostedTool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    format: Format | None = None
    sampling: Sampling = Sampling()
    reasoning: ReasoningSettings | None = None
    stream: bool = False
    include_usage: bool = False
    user: str | None = None
    metadata: Mapping[str, str] | None = None
    service_tier: str | None = None
    verbosity: str | None = None
    extra: Mapping[str, msgspec.Raw] = {}


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A request in an upstream's dialect.

    ``dropped`` names what could not cross, in the words of this module or of ``Request.extra``: ``callers_words`` puts it in the client's.
    ``renamed`` gives back the client's names of tools: the upstream's name to the client's. ``answer_tool`` is a tool that was declared only so
    that its arguments are the answer in the form that was asked for.
    """

    body: bytes
    dropped: tuple[str, ...] = ()
    renamed: Mapping[str, str] = {}
    answer_tool: str | None = None


# What an answer says.


class Finish(StrEnum):
    """Why a generation ended."""

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    CONTENT_FILTER = "content_filter"


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens in buckets that share none: ``input`` is without what a cache gave or took, ``output`` without ``reasoning``. ``None``: not said.

    Where a vendor counts reasoning within its output and does not tell how much, ``reasoning`` is ``None`` and ``output`` holds both.
    """

    input: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    cache_write_1h: int | None = None
    output: int | None = None
    reasoning: int | None = None
    input_audio: int | None = None
    output_audio: int | None = None

    @property
    def prompt(self) -> int | None:
        """All input. Audio is a part of ``input``, told apart for its price."""
        return _sum(self.input, self.cache_read, self.cache_write, self.cache_write_1h)

    @property
    def completion(self) -> int | None:
        """All output tokens."""
        return _sum(self.output, self.reasoning)

    def merged(self, later: "Tokens") -> "Tokens":
        """These figures, replaced by those of a later report where it gives any: counts in a stream are cumulative."""
        return Tokens(
            **{name: getattr(later, name) if getattr(later, name) is not None else getattr(self, name) for name in self.__struct_fields__}
        )


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One of the answers that were asked for. ``finish`` is ``None`` only while it is unknown."""

    parts: tuple[Part, ...] = ()
    finish: Finish | None = None
    index: int = 0
    stop_sequence: str | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A whole answer. ``created`` is in seconds since the epoch."""

    id: str | None = None
    model: str | None = None
    candidates: tuple[Candidate, ...] = ()
    tokens: Tokens | None = None
    created: int | None = None


# What a stream says: deltas in order. Parts of a choice grow one after another; only tool calls may grow side by side.


class Began(msgspec.Struct, frozen=True, kw_only=True):
    """The head of the answer. It may come again with what was not known before."""

    id: str | None = None
    model: str | None = None
    tokens: Tokens | None = None
    created: int | None = None


class TextDelta(msgspec.Struct, frozen=True):
    """More text."""

    text: str
    choice: int = 0
    signature: str | None = None


class ReasoningDelta(msgspec.Struct, frozen=True):
    """More of a thought; ``signature`` comes at its end, ``origin`` is as in ``Reasoning``."""

    text: str = ""
    choice: int = 0
    signature: str | None = None
    origin: DialectName | None = None


class RefusalDelta(msgspec.Struct, frozen=True):
    """More of a refusal."""

    text: str
    choice: int = 0


class CallBegan(msgspec.Struct, frozen=True, kw_only=True):
    """A tool call begins; ``index`` counts the calls of its choice."""

    index: int
    id: str
    name: str
    choice: int = 0
    signature: str | None = None


class CallDelta(msgspec.Struct, frozen=True, kw_only=True):
    """More of a call's arguments, as JSON text."""

    index: int
    arguments: str
    choice: int = 0


class CitationDelta(msgspec.Struct, frozen=True):
    """A source of the text that is growing."""

    citation: Citation
    choice: int = 0


class WholePart(msgspec.Struct, frozen=True):
    """A part that came in one piece and is neither text nor a call: a redacted thought, an image."""

    part: Reasoning | Media
    choice: int = 0


class PartEnded(msgspec.Struct, frozen=True):
    """The part that grew is whole: more of its kind is a part of its own."""

    choice: int = 0


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """A choice is whole."""

    finish: Finish
    choice: int = 0
    stop_sequence: str | None = None


class Counted(msgspec.Struct, frozen=True):
    """Figures so far. Cumulative: the last ones count, member by member."""

    tokens: Tokens


class Ended(msgspec.Struct, frozen=True):
    """The dialect's own end mark was seen."""


class FailureKind(StrEnum):
    """What is wrong, in words that every dialect has its own for."""

    INVALID_REQUEST = "invalid_request"
    AUTHENTICATION = "authentication"
    PERMISSION = "permission"
    NOT_FOUND = "not_found"
    TOO_LARGE = "too_large"
    RATE_LIMIT = "rate_limit"
    OVERLOADED = "overloaded"
    TIMEOUT = "timeout"
    SERVER = "server"


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """An error: ours, or an upstream's. ``code`` and ``param`` where somebody gave them; ``status`` is the HTTP status that goes with it."""

    status: int
    kind: FailureKind
    message: str
    code: str | None = None
    param: str | None = None
    request_id: str | None = None


class Failed(msgspec.Struct, frozen=True):
    """The upstream reported an error inside its stream."""

    failure: Failure


Event = (
    Began
    | TextDelta
    | ReasoningDelta
    | RefusalDelta
    | CallBegan
    | CallDelta
    | CitationDelta
    | WholePart
    | PartEnded
    | Finished
    | Counted
    | Ended
    | Failed
)


# What a codec does.


class EventReader(Protocol):
    """Reads an upstream's stream."""

    def feed(self, chunk: bytes) -> Iterable[Event]:
        """What the next bytes say. However a stream is cut into chunks, the events together are the same."""
        ...

    def end(self) -> Iterable[Event]:
        """The stream is over: what was still held back. ``Ended`` is not made up."""
        ...


class EventWriter(Protocol):
    """Writes a client's stream."""

    def write(self, event: Event) -> bytes:
        """The bytes that say it; ``b""`` where it says nothing in this dialect, or only together with what comes later."""
        ...

    def end(self) -> bytes:
        """Everything was said: the bytes that end a whole answer."""
        ...

    def fail(self, failure: Failure) -> bytes:
        """The bytes that end a broken one, so that no client takes it for whole."""
        ...


class ClientDialect(Protocol):
    """The direction of a surface: a client's request in, an answer out."""

    name: DialectName
    content_type: str
    """Of a stream."""

    keep_alive: bytes
    """An event that every client of this dialect skips: sent where a stream is silent for long."""

    def read_request(self, body: bytes) -> Request:
        """A client's body in the neutral form. Raises ``InvalidRequest``."""
        ...

    def write_answer(self, answer: Answer, request: Request) -> bytes:
        """The body of an answer to ``request``."""
        ...

    def stream_writer(self, request: Request) -> EventWriter:
        """A writer for one answer to ``request``."""
        ...

    def write_error(self, failure: Failure) -> bytes:
        """The body of an error."""
        ...

    def error_event(self, failure: Failure) -> bytes:
        """What ends a stream whose bytes came from an upstream of this dialect. A blank line in front ends an event that was left unfinished."""
        ...


class UpstreamDialect(Protocol):
    """The direction of a provider: a request out, an upstream's answer in."""

    name: DialectName

    def write_request(self, request: Request, model: str) -> Written:
        """``request`` for the upstream's ``model``, which may differ from ``request.model``. Raises ``InvalidRequest`` for what would be senseless."""
        ...

    def read_answer(self, body: bytes) -> Answer:
        """A whole answer in the neutral form. Raises ``UpstreamBroken`` when it is not what the dialect promises."""
        ...

    def stream_reader(self) -> EventReader:
        """A reader for one answer."""
        ...

    def read_error(self, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> Failure:
        """An answer of status 400 or above; never raises, whatever it is."""
        ...


class Dialect(ClientDialect, UpstreamDialect, Protocol):
    """Both directions."""


# Embeddings: clients ask for them in OpenAI's words only.


class Embed(msgspec.Struct, frozen=True, kw_only=True):
    """A request for vectors of texts, or of texts that are tokens already. ``extra`` as in ``Request``."""

    model: str
    inputs: tuple[str | tuple[int, ...], ...]
    dimensions: int | None = None
    encoding_format: Literal["float", "base64"] = "float"
    user: str | None = None
    extra: Mapping[str, msgspec.Raw] = {}


class Embedded(msgspec.Struct, frozen=True, kw_only=True):
    """A vector for each input, in its order."""

    vectors: tuple[tuple[float, ...], ...]
    model: str | None = None
    tokens: Tokens | None = None


class EmbeddingDialect(Protocol):
    """The direction of a provider whose embeddings are not asked for in OpenAI's form."""

    def write_request(self, request: Embed, model: str) -> Written:
        """See ``UpstreamDialect.write_request``."""
        ...

    def read_answer(self, body: bytes) -> Embedded:
        """See ``UpstreamDialect.read_answer``."""
        ...


def _sum(*counts: int | None) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
