"""The neutral form: what a request for a generation, its answer and its stream say, whichever dialect they were said in.

A dialect reads its own JSON into these structs and writes its own JSON from them; no dialect knows another. The form is what OpenAI's chat
can say, and what the others say beyond it: signed reasoning, marks of a prompt cache, documents, citations, several parts in one result of a
tool. Where a member has a word in several dialects, the name here is the one of OpenAI's chat.
"""

from gateway.dialects.types.answers import Answer, Candidate, Failure, FailureKind, Finish, Tokens
from gateway.dialects.types.codecs import ClientDialect, Dialect, EventReader, EventWriter, UpstreamDialect
from gateway.dialects.types.dialect_name import DialectName
from gateway.dialects.types.embeddings import Embed, Embedded, EmbeddingDialect
from gateway.dialects.types.events import (
    Began,
    CallBegan,
    CallDelta,
    CitationDelta,
    Counted,
    Ended,
    Event,
    Failed,
    Finished,
    PartEnded,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    WholePart,
)
from gateway.dialects.types.messages import CacheMark, Citation, Media, Message, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from gateway.dialects.types.requests import Format, HostedTool, ReasoningSettings, Request, Sampling, Tool, ToolChoice, Written

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
