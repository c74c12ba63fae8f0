"""From the settings of a judge to one version of it."""

import hashlib

import msgspec

from config.schema import JudgeSettings
from evals.errors import InvalidJudge
from evals.prompt import variables
from evals.rubrics import rubric
from evals.types import Judge, ResultType
from tracing.errors import FilterError
from tracing.filters import parse

__all__ = ("build", "version_of")


def build(settings: JudgeSettings) -> Judge:
    """Check that the definition can give a verdict, and name its version. Raises ``InvalidJudge``, naming the judge."""
    try:
        variables(settings.instructions)
        result = _result_type(settings)
        _check_filter(settings.filter)
    except InvalidJudge as error:
        raise InvalidJudge(f"judge {settings.name!r}: {error}", hint=error.hint) from None
    return Judge(
        name=settings.name,
        version=version_of(settings.instructions, settings.model, result),
        instructions=settings.instructions,
        model=settings.model,
        result=result,
        sample=settings.sample,
        filter=settings.filter,
        online=settings.online,
        max_tokens=settings.max_tokens,
        timeout=settings.timeout,
        concurrency=settings.concurrency,
        max_attempts=settings.max_attempts,
    )


def version_of(instructions: str, model: str, result: ResultType) -> str:
    """Sixteen hexadecimal digits over what decides a verdict: instructions, model, result type and the rubrics around them.

    How many traces are judged, and how fast (sample, filter, concurrency), does not change a verdict and so makes no new version.
    """
    deciding = (instructions, model, result, rubric("judge").text, rubric("repair").text)
    return hashlib.sha256(msgspec.json.encode(deciding, order="deterministic")).hexdigest()[:16]


def _check_filter(text: str | None) -> None:
    """A filter that cannot be read would leave the judge idle, and nobody would know why."""
    try:
        if text and text.strip():
            parse(text)
    except FilterError as error:
        raise InvalidJudge(
            f"its filter cannot be read: {error}", hint=error.hint or "try it on the traces page, whose language it is"
        ) from None


def _result_type(settings: JudgeSettings) -> ResultType:
    if settings.result == "category" and len(set(settings.choices)) < 2:
        raise InvalidJudge("result 'category' needs at least two different choices", hint="choices: [good, bad]")
    if settings.result != "category" and settings.choices:
        raise InvalidJudge(f"choices are given, but result is {settings.result!r}", hint="result: category")
    if settings.result != "number" and (settings.minimum, settings.maximum) != (None, None):
        raise InvalidJudge(f"bounds are given, but result is {settings.result!r}", hint="result: number")
    if settings.minimum is not None and settings.maximum is not None and settings.minimum >= settings.maximum:
        raise InvalidJudge(f"minimum {settings.minimum:g} is not below maximum {settings.maximum:g}", hint="minimum: 1, maximum: 5")
    return ResultType(type=settings.result, choices=settings.choices, minimum=settings.minimum, maximum=settings.maximum)
