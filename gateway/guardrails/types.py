"""What a guardrail is to those that apply it."""

from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet
from time import time_ns
from typing import Any, Literal, Protocol

from config.guardrails import GuardrailSettings
from gateway.estimate import estimate_tokens
from gateway.policies import Call, Verdict
from gateway.types import Observation, Opened, Usage

__all__ = ("Evaluate", "Guard", "NotEvaluated", "Stage", "noted", "spent", "verdict", "words_of")

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


def words_of(observation: Observation) -> str:
    """What an answer says."""
    parts = (part for message in observation.messages for part in message.parts)
    return "\n".join(str(words) for part in parts if (words := part.get("content") or part.get("arguments")))


def spent(call: Call, observation: Observation) -> Observation:
    """Of an answer that is withheld: what it used, which is paid for all the same."""
    usage = observation.usage
    if usage is None:
        asked = estimate_tokens(call.inbound.body.decode(errors="replace"))
        usage = Usage(input_tokens=asked, output_tokens=estimate_tokens(words_of(observation)), estimated=True)
    return Observation(response_id=observation.response_id, model=observation.model, usage=usage)
