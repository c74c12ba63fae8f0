"""What questions and queues may look like, in MLflow's limits. Each check raises ``InvalidParameterValue``."""

from collections.abc import Sequence
from typing import Final

from registry.errors import InvalidParameterValue
from registry.reviews.schema_messages import InputCategorical, InputNumeric, InputPassFail, InputText, LabelSchemaInput

__all__ = (
    "DEFAULT_NAME",
    "check_input",
    "check_instruction",
    "check_same_kind",
    "check_schema_name",
    "kind_of",
    "named",
    "page_size",
    "people",
    "queue_name",
)

DEFAULT_NAME: Final = "Feedback"
RESERVED_QUEUE: Final = "default"
MAX_NAME: Final = 250
MAX_INSTRUCTION: Final = 1000
MAX_LABEL: Final = 64
MAX_OPTIONS: Final = 10
MAX_PEOPLE: Final = 10
MAX_PAGE: Final = 50_000
PAGE: Final = 100


def check_schema_name(name: str) -> None:
    """A question's name; one is the server's own."""
    named(name, "name")
    if name.strip().lower() == DEFAULT_NAME.lower():
        raise InvalidParameterValue(
            f"`{name}` is reserved for the experiment's default question and cannot be used for another label schema."
        )


def check_instruction(instruction: str | None) -> None:
    """What is written below a question."""
    if instruction is not None and len(instruction) > MAX_INSTRUCTION:
        raise InvalidParameterValue(f"Label schema `instruction` must be at most {MAX_INSTRUCTION} characters; got {len(instruction)}.")


def check_input(given: LabelSchemaInput) -> None:
    """How an answer is given: exactly one way, and one that makes sense."""
    match _chosen(given):
        case InputPassFail() as choice:
            _check_pass_fail(choice)
        case InputCategorical() as choice:
            _check_options(choice.options)
        case InputNumeric(min_value=least, max_value=most):
            if least is not None and most is not None and least >= most:
                raise InvalidParameterValue(
                    f"`InputNumeric.min_value` must be strictly less than `max_value`; got min={least}, max={most}."
                )
        case InputText(max_length=longest):
            if longest is not None and longest < 1:
                raise InvalidParameterValue(f"`InputText.max_length` must be at least 1; got {longest}.")


def check_same_kind(before: LabelSchemaInput, after: LabelSchemaInput) -> None:
    """A question that was answered is not asked in another way."""
    if kind_of(before) != kind_of(after):
        raise InvalidParameterValue(
            f"A label schema's input type cannot be changed after creation (existing: {kind_of(before)}, got: {kind_of(after)})."
        )
    if before.categorical and after.categorical and bool(before.categorical.multi_select) != bool(after.categorical.multi_select):
        raise InvalidParameterValue("`InputCategorical.multi_select` cannot be changed after creation.")


def kind_of(given: LabelSchemaInput) -> str:
    """The name of the way in which an answer is given."""
    return type(_chosen(given)).__name__


def named(value: str, field: str) -> str:
    """A name, stripped."""
    stripped = value.strip()
    if not stripped:
        raise InvalidParameterValue(f"`{field}` must be a non-empty string; got {stripped!r}.")
    if len(stripped) > MAX_NAME:
        raise InvalidParameterValue(f"`{field}` must be at most {MAX_NAME} characters; got {len(stripped)}.")
    return stripped


def queue_name(name: str) -> str:
    """The name of a queue that is nobody's own."""
    stripped = named(name, "name")
    if stripped.lower() == RESERVED_QUEUE:
        raise InvalidParameterValue(f"`{stripped}` is a reserved queue name and cannot be used for a custom queue.")
    return stripped


def people(users: Sequence[str]) -> list[str]:
    """The reviewers: each once, in lower case."""
    found = list(dict.fromkeys(named(user, "user").lower() for user in users))
    if len(found) > MAX_PEOPLE:
        raise InvalidParameterValue(f"A review queue can have at most {MAX_PEOPLE} assigned users; got {len(found)}.")
    return found


def page_size(given: int | None) -> int:
    """The size of a page that a request asks for."""
    size = PAGE if given is None else given
    if size < 1:
        raise InvalidParameterValue(f"Invalid value {size} for parameter 'max_results' supplied. It must be a positive integer")
    if size > MAX_PAGE:
        raise InvalidParameterValue(f"Invalid value {size} for parameter 'max_results' supplied. It must be at most {MAX_PAGE}")
    return size


def _chosen(given: LabelSchemaInput) -> InputPassFail | InputCategorical | InputNumeric | InputText:
    chosen = [each for each in (given.pass_fail, given.categorical, given.numeric, given.text) if each is not None]
    if len(chosen) != 1:
        raise InvalidParameterValue("Label schema `input` is required: exactly one of pass_fail, categorical, numeric and text.")
    return chosen[0]


def _check_pass_fail(choice: InputPassFail) -> None:
    for field in ("positive_label", "negative_label"):
        _check_label(getattr(choice, field) or "", f"InputPassFail.{field}")
    if choice.positive_label == choice.negative_label:
        raise InvalidParameterValue(
            f"`InputPassFail.positive_label` and `negative_label` must be distinct; got {choice.positive_label!r} for both."
        )


def _check_options(options: Sequence[str]) -> None:
    if not options:
        raise InvalidParameterValue(f"`InputCategorical.options` must be a non-empty list; got {list(options)!r}.")
    if len(options) > MAX_OPTIONS:
        raise InvalidParameterValue(f"`InputCategorical.options` must have at most {MAX_OPTIONS} entries; got {len(options)}.")
    for place, option in enumerate(options):
        _check_label(option, "InputCategorical.options")
        if option in options[:place]:
            raise InvalidParameterValue(f"`InputCategorical.options` must be deduplicated; {option!r} appears twice.")


def _check_label(label: str, field: str) -> None:
    if not label.strip():
        raise InvalidParameterValue(f"`{field}` must be a non-empty string; got {label!r}.")
    if len(label) > MAX_LABEL:
        raise InvalidParameterValue(f"`{field}` must be at most {MAX_LABEL} characters; got {len(label)}.")
