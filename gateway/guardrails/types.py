"""What a guardrail is to those that apply it."""

from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet
from time import time_ns
from typing import Any, Literal, Protocol

from config.settings.guardrails import GuardrailSettings
from gateway.estimate import estimate_tokens
from gateway.guardrails.errors import NothingToLookAt
from gateway.guardrails.text import tree_of
from gateway.policies import Call, Verdict
from gateway.types import Observation, Opened, Usage

__all__ = ("Evaluate", "Guard", "NotEvaluated", "Stage", "is_words", "noted", "spent", "unseen", "verdict", "words_of")

Stage = Literal["input", "output"]
Result = Literal["passed", "blocked", "masked", "warned", "not_evaluated"]


class NotEvaluated(Exception):
    """Nobody can say whether a text breaks the rule. The message says why, without the text."""


Evaluate = Callable[[str, Call], Awaitable[str]]
"""What is wrong with a text, in words that hold nothing of it; ``""`` when it may pass. Raises ``NotEvaluated``."""


class Guard(Protocol):
    """One guardrail."""

    settings: GuardrailSettings

    async def request(self, call: Call, body: dict[str, Any]) -> AbstractSet[str]:
        """Look at a request, and replace words in ``body``: the names of members that were changed. Raises ``GatewayError``."""
        ...

    async def answer(self, call: Call, opened: Opened) -> Opened:
        """Look at an answer: it, or what goes out in its place. Raises ``GatewayError``."""
        ...


def verdict(settings: GuardrailSettings, stage: Stage, result: Result, began_ns: int, found: str = "", error: str = "") -> Verdict:
    """A verdict for its span. ``found`` names kinds and numbers."""
    attributes: dict[str, str] = {
        "tidegate.guardrail.stage": stage,
        "tidegate.guardrail.action": settings.action,
        "tidegate.guardrail.result": result,
    }
    if found:
        attributes["tidegate.guardrail.found"] = found
    return Verdict(name=settings.name, started_ns=began_ns, ended_ns=time_ns(), attributes=attributes, error=error)


def noted(call: Call, made: Verdict) -> None:
    """Keep a verdict, and tell the client of one that is not plain."""
    call.verdicts.append(made)
    result = made.attributes["tidegate.guardrail.result"]
    if result != "passed":
        call.headers.append((b"x-tidegate-guardrail", f"{made.name}={result}".encode()))


def is_words(opened: Opened) -> bool:
    """Whether an answer can be looked into: JSON, nothing, or a stream of events."""
    if opened.first is None:
        return tree_of(opened.body) is not None
    return any(name == b"content-type" and value.startswith(b"text/event-stream") for name, value in opened.upstream.headers)


def unseen(call: Call, settings: GuardrailSettings, stage: Stage, observation: Observation | None = None, reason: str = "") -> None:
    """Refuse a body that cannot be looked into, unless the guardrail lets pass what it cannot evaluate. Raises ``NothingToLookAt``."""
    reason = reason or f"the {'request' if stage == 'input' else 'answer'} is no JSON"
    noted(call, verdict(settings, stage, "not_evaluated", time_ns(), error=reason))
    if settings.on_error == "block":
        message = f"The guardrail {settings.name!r} cannot look into this: {reason}."
        raise NothingToLookAt(message, None if observation is None else spent(call, observation))


def words_of(observation: Observation) -> str:
    """All words of an answer."""
    parts = (part for message in observation.messages for part in message.parts)
    return "\n".join(str(words) for part in parts if (words := part.get("content") or part.get("arguments")))


def spent(call: Call, observation: Observation) -> Observation:
    """What a withheld answer used, which is paid for all the same."""
    usage = observation.usage
    if usage is None:
        asked = estimate_tokens(call.inbound.body.decode(errors="replace"))
        usage = Usage(input_tokens=asked, output_tokens=estimate_tokens(words_of(observation)), estimated=True)
    return Observation(response_id=observation.response_id, model=observation.model, usage=usage)
