"""From a judge and a trace to the messages that ask for a verdict. Pure: the random delimiter is passed in.

Instructions come from the configuration and are trusted; a trace is not. So ``{{ outputs }}`` in the instructions becomes a *name*,
``[outputs]``, and the text itself travels in another message, inside a fence that carries a number nobody could know when the text was
written. No template is ever filled with judged text, so nothing in it can be read as a template.
"""

import re
from collections.abc import Sequence
from typing import Any

from evals.errors import InvalidJudge
from evals.rubrics import rubric
from evals.transcript import Limits, inputs, outputs, tree
from evals.types import Judge
from evals.verdict import describe
from tracing.types import SpanView

__all__ = ("VARIABLES", "Message", "render", "repair", "variables")

VARIABLES = {"inputs": inputs, "outputs": outputs, "trace": tree}
"""What may stand between double braces, and how it is read from a trace."""

NOTHING = "(nothing was recorded)"
SLOT = re.compile(r"\{\{\s*(.*?)\s*\}\}", re.DOTALL)

Message = dict[str, Any]
"""One chat message in OpenAI's form."""


def variables(instructions: str) -> tuple[str, ...]:
    """Names between double braces in order of first use; inputs and outputs when there are none. Raises ``InvalidJudge`` for another name."""
    names = tuple(dict.fromkeys(SLOT.findall(instructions)))
    if unknown := [name for name in names if name not in VARIABLES]:
        allowed = ", ".join(f"{{{{ {name} }}}}" for name in VARIABLES)
        raise InvalidJudge(f"the instructions use {{{{ {unknown[0]} }}}}, which is not known", hint=f"allowed: {allowed}")
    return names or ("inputs", "outputs")


def render(judge: Judge, spans: Sequence[SpanView], *, nonce: str, limits: Limits | None = None) -> list[Message]:
    """The request for a verdict on the trace of these spans. Raises ``ValueError`` if they contain ``nonce``: draw another one."""
    blocks = [(name, VARIABLES[name](spans, limits or Limits())) for name in variables(judge.instructions)]
    question = SLOT.sub(lambda slot: f"[{slot[1]}]", judge.instructions)
    system = rubric("judge").fill(instructions=question, nonce=nonce, result=describe(judge.result))
    return [
        {"role": "system", "content": system},
        {"role": "user", "content": "\n\n".join(_fenced(name, text, nonce) for name, text in blocks)},
    ]


def repair(judge: Judge, messages: list[Message], reason: str) -> list[Message]:
    """The same request, followed by why the earlier answer was of no use. The answer itself is left out: it may carry judged text."""
    text = rubric("repair").fill(reason=reason, result=describe(judge.result))
    return [*messages, {"role": "user", "content": text}]


def _fenced(name: str, text: str, nonce: str) -> str:
    if nonce in text:
        raise ValueError("the delimiter occurs in the text that it is to delimit")
    return f"<<<{name} {nonce}\n{text or NOTHING}\n{name} {nonce}>>>"
