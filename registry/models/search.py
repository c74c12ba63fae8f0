"""What can be asked of registered models and of versions: clauses with types, made from the grammar's."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

import msgspec

from registry.errors import InvalidParameterValue
from registry.models.types import Kind
from registry.prompts.texts import CONFIG_TAG, FORMAT_TAG, PROMPT_TAG
from registry.search import Clause, Operand, parse_filter, parse_order

__all__ = ("Condition", "Search", "check_page_size", "parse_model_search", "parse_version_search")

ENTITIES: Final[Mapping[str, Literal["attribute", "tag"]]] = {"": "attribute", "attribute": "attribute", "tag": "tag", "tags": "tag"}
TEXTS: Final = ("!=", "=", "LIKE", "ILIKE")
LISTS: Final = ("IN", "NOT IN")
NUMBERS: Final = ("!=", "<", "<=", "=", ">", ">=")
UNSEARCHABLE: Final = frozenset({FORMAT_TAG, CONFIG_TAG})
LARGEST: Final = 2**31 - 1


class Fields(msgspec.Struct, frozen=True):
    """What one kind of search knows: columns by their names in filters and orders, and which take numbers or lists."""

    what: str
    attributes: Mapping[str, str]
    numeric: frozenset[str]
    listed: frozenset[str]
    orders: Mapping[str, str]
    not_an_order: str
    default_order: tuple[tuple[str, bool], ...]
    ties: tuple[tuple[str, bool], ...]


MODELS: Final = Fields(
    what="registered model",
    attributes={"name": "name"},
    numeric=frozenset(),
    listed=frozenset({"name"}),
    orders={"name": "name", "timestamp": "updated_at", "last_updated_timestamp": "updated_at"},
    not_an_order="Invalid order by key '{}' specified.",
    default_order=(("name", True),),
    ties=(("name", True),),
)
VERSIONS: Final = Fields(
    what="model version",
    attributes={"name": "name", "run_id": "run_id", "source_path": "source", "version_number": "version"},
    numeric=frozenset({"version_number"}),
    listed=frozenset({"name", "run_id"}),
    orders={
        "name": "name",
        "version_number": "version",
        "creation_timestamp": "created_at",
        "last_updated_timestamp": "updated_at",
    },
    not_an_order="Invalid attribute key '{}' specified.",
    default_order=(("updated_at", False), ("name", True), ("version", False)),
    ties=(("name", True), ("version", False)),
)


class Condition(msgspec.Struct, frozen=True):
    """``key`` is a column, or the key of a tag; ``value`` is a number for versions, a tuple for lists."""

    kind: Literal["attribute", "tag"]
    key: str
    operator: str
    value: str | int | tuple[str, ...]


class Search(msgspec.Struct, frozen=True):
    """Models or prompts, conditions that all must hold, and columns to order by, each with whether it ascends."""

    kind: Kind
    conditions: tuple[Condition, ...]
    order: tuple[tuple[str, bool], ...]


def parse_model_search(filter: str | None, order_by: Sequence[str]) -> Search:
    """Read what is asked of names. Raises ``InvalidParameterValue``."""
    return _parsed(MODELS, filter, order_by)


def parse_version_search(filter: str | None, order_by: Sequence[str]) -> Search:
    """Read what is asked of versions. Raises ``InvalidParameterValue``."""
    return _parsed(VERSIONS, filter, order_by)


def check_page_size(given: int) -> int:
    """A page has something on it; how much at most, the message says. Raises ``InvalidParameterValue``."""
    if given < 1:
        raise InvalidParameterValue(f"Invalid value for max_results. It must be a positive integer, but got {given}")
    return given


def _parsed(fields: Fields, filter: str | None, order_by: Sequence[str]) -> Search:
    conditions = [_condition(fields, clause) for clause in parse_filter(filter)]
    asked = next((each for each in conditions if _about_prompts(each)), None)
    return Search(
        kind="prompt" if asked is not None and _wants_prompts(asked) else "model",
        conditions=tuple(each for each in conditions if not _about_prompts(each)),
        order=_order(fields, order_by),
    )


def _about_prompts(condition: Condition) -> bool:
    return condition.kind == "tag" and condition.key == PROMPT_TAG


def _wants_prompts(condition: Condition) -> bool:
    value = str(condition.value).lower()
    return (condition.operator, value) in {("=", "true"), ("!=", "false")}


def _order(fields: Fields, order_by: Sequence[str]) -> tuple[tuple[str, bool], ...]:
    found = [_ordered(fields, text) for text in order_by] or list(fields.default_order)
    columns = [column for column, _ in found]
    if len(set(columns)) < len(columns):
        raise InvalidParameterValue(f"`order_by` contains duplicate fields: {list(order_by)}")
    return (*found, *[tie for tie in fields.ties if tie[0] not in columns])


def _ordered(fields: Fields, text: str) -> tuple[str, bool]:
    entity, key, ascending = parse_order(text)
    if ENTITIES.get(entity) != "attribute" or key not in fields.orders:
        named = f"{entity}.{key}" if entity else key
        raise InvalidParameterValue(f"{fields.not_an_order.format(named)} Valid keys are '{_set(fields.orders)}'")
    return fields.orders[key], ascending


def _condition(fields: Fields, clause: Clause) -> Condition:
    kind = ENTITIES.get(clause.entity)
    if kind is None:
        valid = ("attribute", "tag", "tags")
        raise InvalidParameterValue(f"Invalid entity type '{clause.entity}'. Valid entity types are {valid}")
    if kind == "attribute" and clause.key not in fields.attributes:
        raise InvalidParameterValue(f"Invalid attribute key '{clause.key}' specified. Valid keys are '{_set(fields.attributes)}'")
    if clause.operand is None:
        raise InvalidParameterValue(f"IS NULL / IS NOT NULL is not supported for {fields.what} search.")
    if kind == "tag":
        value = _quoted(clause.operand)
        return Condition("tag", _searchable(clause.key), _allowed(clause, TEXTS, "tag"), value)
    if clause.operand.kind == "list" and clause.key not in fields.listed:
        raise InvalidParameterValue(f"Only {sorted(fields.listed)} attributes support comparison with a list of quoted string values.")
    if clause.key in fields.numeric:
        operator = _allowed(clause, NUMBERS, f"attribute {clause.key}")
        return Condition("attribute", fields.attributes[clause.key], operator, _number(clause.key, clause.operand))
    operator = _allowed(clause, (*TEXTS, *LISTS) if clause.key in fields.listed else TEXTS, "attribute")
    found = _listed(clause.operand) if operator in LISTS else _text(fields, clause.operand)
    return Condition("attribute", fields.attributes[clause.key], operator, found)


def _set(names: Iterable[str]) -> str:
    return f"{{{', '.join(repr(name) for name in sorted(names))}}}"


def _searchable(key: str) -> str:
    if key in UNSEARCHABLE:
        raise InvalidParameterValue(f"The tag '{key}' is a document and cannot be searched. Search by name, or by a tag of your own.")
    return key


def _allowed(clause: Clause, operators: Sequence[str], what: str) -> str:
    if clause.operator not in operators:
        raise InvalidParameterValue(f"Invalid comparator for {what}: {clause.operator}")
    return clause.operator


def _quoted(operand: Operand) -> str:
    if operand.kind != "text":
        raise InvalidParameterValue(f"Expected a quoted string value for tag (e.g. 'my-value'). Got value {operand.raw}")
    return operand.text


def _text(fields: Fields, operand: Operand) -> str:
    if operand.kind == "number" and fields.numeric:
        raise InvalidParameterValue(f"Only the '{_set(fields.numeric)}' attributes support comparison with numeric values.")
    if operand.kind == "word":
        raise InvalidParameterValue(
            f"Parameter value is either not quoted or unidentified quote types used for string value {operand.raw}. "
            "Use either single or double quotes."
        )
    if operand.kind != "text":
        raise InvalidParameterValue(
            f"Expected a quoted string value or a list of quoted string values for attributes. Got value {operand.raw}"
        )
    return operand.text


def _listed(operand: Operand) -> tuple[str, ...]:
    if operand.kind != "list":
        raise InvalidParameterValue(
            f"Expected a quoted string value or a list of quoted string values for attributes. Got value {operand.raw}"
        )
    return operand.texts


def _number(key: str, operand: Operand) -> int:
    written = operand.text if operand.kind == "text" else operand.raw
    try:
        return max(min(int(written), LARGEST), -LARGEST)
    except ValueError:
        shown = repr(written) if operand.kind == "text" else written
        raise InvalidParameterValue(f"Invalid value for numeric attribute '{key}': {shown}") from None
