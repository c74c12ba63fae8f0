"""What a request asks for."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from gateway.dialects.types.messages import CacheMark, Message, Text

__all__ = ("Format", "HostedTool", "ReasoningSettings", "Request", "Sampling", "Tool", "ToolChoice", "Written")


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

    ``dropped`` names what could not cross, in the words of this package or of ``Request.extra``: ``callers_words`` puts it in the client's.
    ``renamed`` gives back the client's names of tools: the upstream's name to the client's. ``answer_tool`` is a tool that was declared only so
    that its arguments are the answer in the form that was asked for.
    """

    body: bytes
    dropped: tuple[str, ...] = ()
    renamed: Mapping[str, str] = {}
    answer_tool: str | None = None
