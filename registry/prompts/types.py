"""A prompt, its versions, and what rendering gives.

A prompt is a name. A version of it is text (``template``) or a conversation (``messages``) with ``{{ variables }}``, and never changes.
An alias is a name that points at a version and moves; ``latest`` is an alias that always exists and moves by itself.
Times are UTC; in JSON they are RFC 3339 text.
"""

from datetime import datetime
from typing import Any, Literal

import msgspec

__all__ = ("LATEST", "Kind", "Message", "NewVersion", "Prompt", "PromptPage", "PromptVersion", "RenderedPrompt", "Value")

LATEST = "latest"
"""The alias that nobody can set: the version with the highest number."""

Kind = Literal["text", "chat"]
Value = str | int | float
"""What may stand for a variable."""


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One message of a chat prompt. ``content`` is text, or parts as the OpenAI chat dialect has them; variables work in both.

    A message of an assistant may have ``tool_calls`` in place of content, and one of a tool says which call it answers.
    """

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[dict[str, Any]] | None = None
    tool_call_id: str | None = None
    refusal: str | None = None


class NewVersion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a caller registers: exactly one of ``template`` and ``messages``; ``model`` is the model or route meant to answer it.

    ``response_format`` is the JSON schema an answer is to have, ``model_config`` MLflow's settings of a model; both are kept for clients.
    """

    name: str
    template: str | None = None
    messages: list[Message] | None = None
    aliases: list[str] = []
    commit_message: str = ""
    tags: dict[str, str] = {}
    model: str | None = None
    model_config: dict[str, Any] | None = None
    response_format: dict[str, Any] | None = None


class PromptVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A registered version. ``aliases`` are those that point at it now, without ``latest``; ``variables`` in order of appearance."""

    name: str
    version: int
    kind: Kind
    template: str | None
    messages: list[Message] | None
    variables: list[str]
    aliases: list[str]
    tags: dict[str, str]
    commit_message: str
    model: str | None
    model_config: dict[str, Any] | None = None
    response_format: dict[str, Any] | None = None
    created_by: str
    created_at: datetime


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """A prompt as a list shows it. ``aliases`` maps each alias to its version, without ``latest``, which is ``latest_version``."""

    name: str
    latest_version: int
    aliases: dict[str, int]
    description: str
    created_at: datetime
    updated_at: datetime


class PromptPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of prompts by name. ``next_cursor`` is ``None`` at the end."""

    prompts: list[Prompt]
    next_cursor: str | None = None


class RenderedPrompt(msgspec.Struct, frozen=True, kw_only=True):
    """A version with its variables filled in: chat messages, ready to send. A text prompt becomes one ``user`` message."""

    name: str
    version: int
    model: str | None
    messages: list[dict[str, Any]]
