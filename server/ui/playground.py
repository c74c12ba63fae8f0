"""What is tried in the playground: read from its form or from a recorded span, and written as a request. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec
from litestar.datastructures import FormMultiDict

from server.ui.chat import Chat, Text

__all__ = ("ROLES", "BadDraft", "Draft", "Played", "Playground", "Turn", "of_chat", "read_draft", "request_of", "told")

ROLES: Final = ("system", "user", "assistant")
MOST_TURNS: Final = 100
LONGEST: Final = 1_000_000
"""Characters of all turns together."""


class BadDraft(Exception):
    """What was filled in cannot be sent; its text says why."""


class Turn(msgspec.Struct, frozen=True):
    """One message."""

    role: str
    content: str


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """The form. Of a prompt the version's own messages come before ``turns``; an empty ``model`` leaves the choice to the prompt."""

    turns: tuple[Turn, ...] = ()
    model: str = ""
    prompt: str = ""
    version: str = ""
    variables: Mapping[str, str] = {}
    temperature: str = ""
    max_tokens: str = ""


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. ``target`` is ``provider/model``, ``""`` when none was reached; tokens are ``None`` when nobody reported them."""

    status: int
    body: bytes
    trace_id: str
    target: str
    took_ms: float
    input_tokens: int | None
    output_tokens: int | None


class Playground(Protocol):
    """Whoever sends requests for people (``server.pages.playground``)."""

    def models(self) -> Sequence[str]:
        """Names that are known to be answered, routes first."""
        ...

    async def send(self, body: bytes) -> Played:
        """Send a chat completion in the name of whoever asks."""
        ...


def read_draft(form: FormMultiDict, variables: Iterable[str]) -> Draft:
    """What was filled in; ``variables`` are those of the prompt's version. Raises ``BadDraft``."""
    roles, contents = (form.getall(name, []) for name in ("role", "content"))
    turns = [Turn(str(role), str(text).replace("\r\n", "\n")) for role, text in zip(roles, contents, strict=False)]
    said = tuple(turn for turn in turns if turn.content.strip())
    if any(turn.role not in ROLES for turn in said):
        raise BadDraft(f"A message is from one of: {', '.join(ROLES)}.")
    if len(said) > MOST_TURNS or sum(len(turn.content) for turn in said) > LONGEST:
        raise BadDraft(f"At most {MOST_TURNS} messages of {LONGEST:,} characters together are sent from here.")
    given = {name: str(form.get(name, "")).strip() for name in ("model", "prompt", "version", "temperature", "max_tokens")}
    return Draft(turns=said, variables={name: str(form.get(f"variable.{name}", "")) for name in variables}, **given)


def request_of(draft: Draft, rendered: Sequence[Mapping[str, Any]] | None) -> dict[str, Any]:
    """The body of a chat completion. ``rendered`` are a prompt's messages; without them the gateway fills the prompt in. Raises ``BadDraft``."""
    turns = [{"role": turn.role, "content": turn.content} for turn in draft.turns]
    by_gateway = bool(draft.prompt) and rendered is None
    if not turns and not draft.prompt:
        raise BadDraft("Nothing is asked yet: write a message.")
    if not draft.model and not by_gateway:
        raise BadDraft("Choose a model or a route.")
    told: dict[str, Any] = {"model": draft.model, "messages": [*(rendered or ()), *turns]}
    if by_gateway:
        told |= {"model": f"prompts:/{draft.prompt}/{draft.version}", "prompt_variables": dict(draft.variables)}
    return told | _limits(draft)


def _limits(draft: Draft) -> dict[str, Any]:
    try:
        limits: dict[str, Any] = {"temperature": float(draft.temperature)} if draft.temperature else {}
        return limits | ({"max_tokens": int(draft.max_tokens)} if draft.max_tokens else {})
    except ValueError:
        raise BadDraft("The temperature is a number, and the most tokens are a whole one.") from None


def of_chat(chat: Chat, model: str) -> tuple[Draft, int]:
    """The texts of a recorded conversation as a draft, and how many other parts (images, calls of tools) are left out of it."""
    turns, others = [], 0
    for message in chat.messages:
        texts = [part.text for part in message.parts if isinstance(part, Text)]
        others += len(message.parts) - len(texts)
        role = {"developer": "system", "input": "user"}.get(message.role, message.role)
        if texts and role in ROLES:
            turns.append(Turn(role, "\n".join(texts)))
    return Draft(turns=tuple(turns[-MOST_TURNS:]), model=model), others


def told(body: bytes) -> str:
    """The message of an error in OpenAI's dialect, else the beginning of the body."""
    try:
        return msgspec.json.decode(body, type=_Refused).error.message
    except msgspec.MsgspecError:
        return body[:500].decode(errors="replace")


class _Detail(msgspec.Struct, frozen=True):
    message: str


class _Refused(msgspec.Struct, frozen=True):
    error: _Detail
