"""From a model's reply to a verdict, or to the reason why it is none. Pure, strict, and closed: what cannot be read is never a pass.

A reply is hostile input, because whoever wrote the judged text may have written part of it. Hence the whole reply must be one JSON
object (a code fence around it is tolerated, prose is not: a verdict quoted *inside* prose may be somebody else's), each key stands once,
there is no third key, and nothing is coerced: ``"true"`` is not ``true``, and 11 of 10 is an error, not 10.
"""

import json
import math
import re
from typing import Any

from evals.errors import VerdictError
from evals.types import ResultType, Verdict
from tracing.types import AssessmentValue

__all__ = ("describe", "parse", "schema")

LARGEST_REPLY = 256 * 1024
"""Characters beyond which a reply is refused unread."""

KEYS = frozenset({"rationale", "result"})
FENCE = re.compile(r"\A```[A-Za-z]*[ \t]*\r?\n(?P<body>.*)\n?```\Z", re.DOTALL)


def schema(result: ResultType) -> dict[str, Any]:
    """The JSON Schema of a verdict, rationale first, so that a model reasons before it decides."""
    properties = {"rationale": {"type": "string"}, "result": _result_schema(result)}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def describe(result: ResultType) -> str:
    """What stands at ``"result":`` in the answer, in words for the prompt."""
    match result.type:
        case "boolean":
            return "<true or false>"
        case "category":
            return "<one of " + ", ".join(json.dumps(choice, ensure_ascii=False) for choice in result.choices) + ">"
        case "number":
            return f"<a number{_bounds(result)}>"


def parse(text: str, result: ResultType) -> Verdict:
    """Read ``text`` as one verdict of the wanted type. Raises ``VerdictError``; its reason quotes nothing from the text."""
    if len(text) > LARGEST_REPLY:
        raise VerdictError(f"the answer is longer than {LARGEST_REPLY} characters")
    reply = _object(_unfenced(text.strip()))
    if missing := sorted(KEYS - reply.keys()):
        raise VerdictError(f"the key {missing[0]!r} is missing")
    if reply.keys() != KEYS:
        raise VerdictError("the object holds other keys than 'rationale' and 'result'")
    rationale = reply["rationale"]
    if not isinstance(rationale, str) or not rationale.strip():
        raise VerdictError("'rationale' is not a text that says something")
    return Verdict(rationale.strip(), _typed(reply["result"], result))


def _result_schema(result: ResultType) -> dict[str, Any]:
    match result.type:
        case "boolean":
            return {"type": "boolean"}
        case "category":
            return {"type": "string", "enum": list(result.choices)}
        case "number":
            bounds = {"minimum": result.minimum, "maximum": result.maximum}
            return {"type": "number", **{name: bound for name, bound in bounds.items() if bound is not None}}


def _bounds(result: ResultType) -> str:
    lower = "" if result.minimum is None else f" from {result.minimum:g}"
    upper = "" if result.maximum is None else f" up to {result.maximum:g}"
    return lower + upper


def _unfenced(text: str) -> str:
    fenced = FENCE.match(text)
    return fenced["body"] if fenced else text


def _object(text: str) -> dict[str, Any]:
    if not text:
        raise VerdictError("the answer is empty")
    try:
        reply = json.loads(text, object_pairs_hook=_pairs_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        # json raises ValueError beyond JSONDecodeError, too: for integers of more than 4300 digits.
        raise VerdictError("the answer is not one JSON object and nothing else") from None
    if not isinstance(reply, dict):
        raise VerdictError("the answer is JSON, but not an object")
    return reply


def _pairs_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Keep an object only if its keys are distinct: of two results, no rule could choose the honest one."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise VerdictError("a key stands twice in the object")
    return found


def _no_constant(name: str) -> float:
    raise VerdictError("NaN and Infinity are not numbers of JSON")


def _typed(value: object, result: ResultType) -> AssessmentValue:
    match result.type:
        case "boolean":
            return _boolean(value)
        case "category":
            return _category(value, result.choices)
        case "number":
            return _number(value, result)


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise VerdictError("'result' is not true or false")
    return value


def _category(value: object, choices: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in choices:
        raise VerdictError("'result' is not one of the given categories")
    return value


def _number(value: object, result: ResultType) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise VerdictError("'result' is not a number")
    number = _finite(value)
    if (result.minimum is not None and number < result.minimum) or (result.maximum is not None and number > result.maximum):
        raise VerdictError(f"'result' is outside its bounds: a number{_bounds(result)} is wanted")
    return number


def _finite(value: float) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise VerdictError("'result' is too large to be a number")
    return number
