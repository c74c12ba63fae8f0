"""What a stream says: deltas in order. Parts of a choice grow one after another; only tool calls may grow side by side."""

import msgspec

from gateway.dialects.types.answers import Failure, Finish, Tokens
from gateway.dialects.types.dialect_name import DialectName
from gateway.dialects.types.messages import Citation, Media, Reasoning

__all__ = (
    "Began",
    "CallBegan",
    "CallDelta",
    "CitationDelta",
    "Counted",
    "Ended",
    "Event",
    "Failed",
    "Finished",
    "PartEnded",
    "ReasoningDelta",
    "RefusalDelta",
    "TextDelta",
    "WholePart",
)


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
