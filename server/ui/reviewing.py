"""What a reviewer is asked, and what an answered form says: label schemas as controls, and back as assessments. Pure."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from registry.errors import InvalidParameterValue
from registry.reviews.schema_messages import LabelSchema, LabelSchemaType
from registry.traces.assessment_messages import Assessment, AssessmentSource, Expectation, Feedback, SourceType

__all__ = ("Choice", "Question", "answers", "questions")

KEYS: Final = 9
"""Choices that a digit picks; further ones are reached with Tab."""

MAX_TEXT: Final = 10_000


class Choice(msgspec.Struct, frozen=True):
    """One answer that can be picked; ``key`` is the digit that does, ``""`` for those after the ninth."""

    label: str
    value: str
    key: str


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A label schema as a control. ``field`` is its name in the form."""

    field: str
    schema: LabelSchema
    choices: Sequence[Choice] = ()
    many: bool = False
    minimum: float | None = None
    maximum: float | None = None
    longest: int | None = None

    @property
    def control(self) -> str:
        """``choices``, ``number`` or ``text``."""
        asked = self.schema.input
        return "number" if asked.numeric else "text" if asked.text else "choices"


def questions(schemas: Sequence[LabelSchema]) -> list[Question]:
    """The controls of a form, with digits given to the choices in order."""
    found: list[Question] = []
    for number, schema in enumerate(schemas):
        begin = sum(len(each.choices) for each in found)
        found.append(_question(f"q{number}", schema, begin))
    return found


def answers(asked: Sequence[Question], form: Mapping[str, Sequence[str]], reviewer: str) -> list[Assessment]:
    """What was said; questions that were left out say nothing. Raises ``InvalidParameterValue`` for an answer that is none."""
    said = [(question, _value(question, form.get(question.field, ()))) for question in asked]
    return [
        _assessment(question.schema, value, (form.get(f"{question.field}-comment") or [""])[0], reviewer)
        for question, value in said
        if value is not None
    ]


def _question(field: str, schema: LabelSchema, begin: int) -> Question:
    asked = schema.input
    if asked.pass_fail is not None:
        labels = [(asked.pass_fail.positive_label or "Yes", "true"), (asked.pass_fail.negative_label or "No", "false")]
        return Question(field=field, schema=schema, choices=_choices(labels, begin))
    if asked.categorical is not None:
        options = [(option, option) for option in asked.categorical.options]
        return Question(field=field, schema=schema, choices=_choices(options, begin), many=bool(asked.categorical.multi_select))
    if asked.numeric is not None:
        return Question(field=field, schema=schema, minimum=asked.numeric.min_value, maximum=asked.numeric.max_value)
    return Question(field=field, schema=schema, longest=asked.text.max_length if asked.text else None)


def _choices(labels: Sequence[tuple[str, str]], begin: int) -> list[Choice]:
    numbered = enumerate(labels, begin + 1)
    return [Choice(label, value, str(number) if number <= KEYS else "") for number, (label, value) in numbered]


def _value(question: Question, given: Sequence[str]) -> Any:
    """The value of an answered question; ``None`` for one that was not answered."""
    texts = [text.strip() for text in given if text.strip()]
    if not texts:
        return None
    if question.control == "number":
        return _number(question, texts[0])
    if question.control == "text":
        return _text(question, texts[0])
    unknown = [text for text in texts if text not in {choice.value for choice in question.choices}]
    if unknown:
        raise InvalidParameterValue(f"{unknown[0][:80]!r} is no answer to {question.schema.name!r}.")
    if question.schema.input.pass_fail is not None:
        return texts[0] == "true"
    return texts if question.many else texts[0]


def _number(question: Question, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    low, high = question.minimum, question.maximum
    if not math.isfinite(value) or (low is not None and value < low) or (high is not None and value > high):
        between = f" from {low:g} to {high:g}" if low is not None and high is not None else ""
        raise InvalidParameterValue(f"{question.schema.name!r} is answered with a number{between}, not with {text[:80]!r}.")
    return value


def _text(question: Question, text: str) -> str:
    longest = question.longest or MAX_TEXT
    if len(text) > longest:
        raise InvalidParameterValue(f"The answer to {question.schema.name!r} has {len(text)} characters; {longest} are allowed.")
    return text


def _assessment(schema: LabelSchema, value: Any, comment: str, reviewer: str) -> Assessment:
    is_expectation = schema.type is LabelSchemaType.EXPECTATION
    return Assessment(
        assessment_name=schema.name,
        source=AssessmentSource(source_type=SourceType.HUMAN, source_id=reviewer),
        feedback=None if is_expectation else Feedback(value=value),
        expectation=Expectation(value=value) if is_expectation else None,
        rationale=comment.strip() or None,
    )
