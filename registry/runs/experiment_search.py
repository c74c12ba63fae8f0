"""What can be asked of experiments: clauses with types, made from the grammar's."""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from registry.errors import InvalidParameterValue
from registry.runs.checks import LARGEST_NUMBER, experiment_number, one_of
from registry.search import Clause, Operand, parse_filter, parse_order

__all__ = ("Condition", "ExperimentSearch", "parse_search")

ATTRIBUTES: Final = ("creation_time", "experiment_id", "last_update_time", "name")
NUMERIC: Final = frozenset({"creation_time", "last_update_time"})
ENTITIES: Final = ("attribute", "attributes", "tag", "tags")
NUMERIC_OPERATORS: Final = ("!=", "<", "<=", "=", ">", ">=")
TEXT_OPERATORS: Final = ("!=", "=", "ILIKE", "LIKE")
ID_OPERATORS: Final = ("!=", "=", "IN", "NOT IN")


class Condition(msgspec.Struct, frozen=True):
    """``value`` is a number for times, a tuple for lists, ``None`` for ``IS NULL``."""

    kind: Literal["attribute", "tag"]
    key: str
    operator: str
    value: str | int | tuple[int, ...] | None


class ExperimentSearch(msgspec.Struct, frozen=True):
    """Conditions that all must hold, and attributes to order by, each with whether it ascends."""

    conditions: tuple[Condition, ...]
    order: tuple[tuple[str, bool], ...]


def parse_search(filter: str | None, order_by: Sequence[str]) -> ExperimentSearch:
    """Read a filter and orders. Raises ``InvalidParameterValue``."""
    conditions = tuple(_condition(clause) for clause in parse_filter(filter))
    order = [_order(text) for text in order_by] or [("creation_time", False), ("experiment_id", True)]
    if all(key != "experiment_id" for key, _ in order):
        order.append(("experiment_id", False))  # else pages could overlap
    return ExperimentSearch(conditions, tuple(order))


def _order(text: str) -> tuple[str, bool]:
    entity, key, ascending = parse_order(text)
    if _kind(entity, key) == "tag":
        raise InvalidParameterValue("Invalid order_by entity: tag")
    return key, ascending


def _kind(entity: str, key: str) -> Literal["attribute", "tag"]:
    if entity and entity not in ENTITIES:
        raise InvalidParameterValue(f"Invalid entity type '{entity}'. Valid entity types are {ENTITIES}")
    if entity in {"tag", "tags"}:
        return "tag"
    if key not in ATTRIBUTES:
        raise InvalidParameterValue(f"Invalid attribute key '{key}' specified. Valid keys are '{one_of(ATTRIBUTES)}'")
    return "attribute"


def _condition(clause: Clause) -> Condition:
    kind = _kind(clause.entity, clause.key)
    if clause.operand is None:
        if kind != "tag":
            raise InvalidParameterValue(f"IS NULL / IS NOT NULL is only supported for tags, not for attribute '{clause.key}'")
        return Condition(kind, clause.key, clause.operator, None)
    if kind == "tag":
        return Condition(kind, clause.key, _allowed(clause, TEXT_OPERATORS, "tag"), _quoted(clause.operand, "tag"))
    if clause.key in NUMERIC:
        return Condition(kind, clause.key, _allowed(clause, NUMERIC_OPERATORS, "numeric attribute"), _number(clause.key, clause.operand))
    if clause.key == "experiment_id":
        return Condition(kind, clause.key, _allowed(clause, ID_OPERATORS, "experiment_id"), _ids(clause.operand))
    if clause.operand.kind == "list":
        raise InvalidParameterValue("Only ['experiment_id'] attributes support comparison with a list of quoted string values.")
    return Condition(kind, clause.key, _allowed(clause, TEXT_OPERATORS, "string attribute"), _quoted(clause.operand, "attributes"))


def _allowed(clause: Clause, operators: Sequence[str], what: str) -> str:
    if clause.operator not in operators:
        raise InvalidParameterValue(f"Invalid comparator for {what}: {clause.operator}")
    return clause.operator


def _quoted(operand: Operand, what: str) -> str:
    if operand.kind != "text":
        example = " (e.g. 'my-value')" if what == "tag" else ""
        raise InvalidParameterValue(f"Expected a quoted string value for {what}{example}. Got value {operand.raw}")
    return operand.text


def _ids(operand: Operand) -> int | tuple[int, ...]:
    if operand.kind == "list":
        return tuple(_stored(text) for text in operand.texts)
    return _stored(_quoted(operand, "attributes"))


def _stored(text: str) -> int:
    number = experiment_number(text)
    return number if 0 <= number <= LARGEST_NUMBER else -1  # which no experiment has


def _number(key: str, operand: Operand) -> int:
    if operand.kind != "number":
        raise InvalidParameterValue(f"Expected numeric value type for numeric attribute: {key}. Found {operand.raw}")
    try:
        number = int(operand.raw)
    except ValueError:
        raise InvalidParameterValue(f"Invalid value for numeric attribute '{key}': '{operand.raw}'") from None
    return max(min(number, 2**63 - 1), -(2**63))
