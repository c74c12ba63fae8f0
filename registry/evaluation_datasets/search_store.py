"""Which datasets a search means, in SQLite and PostgreSQL."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, exists, select

from registry.errors import InvalidParameterValue
from registry.evaluation_datasets.store import COLUMNS, DatasetRow
from registry.search import Clause, parse_filter, parse_order
from registry.search.comparison_store import compared, in_bytes
from storage.genai_tables import dataset_experiments, dataset_tags, evaluation_datasets

__all__ = ("DatasetSearch", "parse_search", "search_datasets")

NUMERIC: Final = frozenset({"created_time", "last_update_time"})
TEXTS: Final = frozenset({"name", "created_by", "last_updated_by"})
ORDERED: Final = frozenset({"name", "created_time", "last_update_time"})
NUMBERS: Final = ("!=", "<", "<=", "=", ">", ">=")
COMPARED: Final = ("!=", "=", "ILIKE", "IN", "LIKE", "NOT IN")
ENTITIES: Final = {"": "attribute", "attribute": "attribute", "attributes": "attribute", "tag": "tag", "tags": "tag"}

Search = Select[Any]
DatasetSearch = tuple[list[Clause], list[tuple[str, bool]]]


def parse_search(filter: str | None, order_by: Sequence[str]) -> DatasetSearch:
    """Read a filter and orders. Raises ``InvalidParameterValue``."""
    clauses = parse_filter(filter)
    for clause in clauses:
        _check(clause)
    orders = [_order(text) for text in order_by]
    return clauses, orders


def search_datasets(connection: Connection, search: DatasetSearch, experiments: Sequence[int], offset: int, limit: int) -> list[DatasetRow]:
    """Some of the datasets that match, in order."""
    clauses, orders = search
    statement = select(*COLUMNS).where(*(_condition(clause) for clause in clauses))
    if experiments:
        shared = exists().where(
            dataset_experiments.c.dataset_id == evaluation_datasets.c.dataset_id, dataset_experiments.c.experiment_id.in_(experiments)
        )
        statement = statement.where(shared)
    columns = [in_bytes(connection, evaluation_datasets.c[key]) for key, _ in orders]
    ordered = [column.asc() if ascending else column.desc() for column, (_, ascending) in zip(columns, orders, strict=True)]
    whole = statement.order_by(*ordered, evaluation_datasets.c.created_time.desc(), evaluation_datasets.c.dataset_id)
    return [DatasetRow(**found) for found in connection.execute(whole.offset(offset).limit(limit)).mappings()]


def _check(clause: Clause) -> None:
    kind = ENTITIES.get(clause.entity)
    if kind is None:
        raise InvalidParameterValue(f"Invalid entity type '{clause.entity}'. Valid values are ['attribute', 'tag']")
    if kind == "attribute" and clause.key not in NUMERIC | TEXTS:
        raise InvalidParameterValue(f"Invalid attribute key '{clause.key}' specified. Valid keys are '{sorted(NUMERIC | TEXTS)}'")
    numeric = kind == "attribute" and clause.key in NUMERIC
    if clause.operand is None or clause.operator not in (NUMBERS if numeric else COMPARED):
        what = "tag" if kind == "tag" else "numeric attribute" if numeric else "string attribute"
        raise InvalidParameterValue(f"Invalid comparator for {what}: {clause.operator}")
    if numeric and clause.operand.kind != "number":
        raise InvalidParameterValue(f"Invalid value for numeric attribute '{clause.key}': {clause.operand.raw}")
    if not numeric and (clause.operand.kind != "list" if clause.operator.endswith("IN") else clause.operand.kind != "text"):
        raise InvalidParameterValue(f"Expected a quoted string value for {kind} '{clause.key}'. Got value {clause.operand.raw}")


def _order(text: str) -> tuple[str, bool]:
    entity, key, ascending = parse_order(text)
    if ENTITIES.get(entity) != "attribute" or key not in ORDERED:
        raise InvalidParameterValue(f"Invalid order_by entity: {entity or key}. Datasets are ordered by {', '.join(sorted(ORDERED))}.")
    return key, ascending


def _condition(clause: Clause) -> ColumnElement[bool]:
    operand = clause.operand
    assert operand is not None  # noqa: S101 - it was checked
    if ENTITIES[clause.entity] == "attribute":
        column = evaluation_datasets.c[clause.key]
        value: Any = float(operand.raw) if clause.key in NUMERIC else operand.texts if operand.kind == "list" else operand.text
        return compared(column, clause.operator, value)
    value = operand.texts if operand.kind == "list" else operand.text
    return exists().where(
        dataset_tags.c.dataset_id == evaluation_datasets.c.dataset_id,
        dataset_tags.c.key == clause.key,
        compared(dataset_tags.c.value, clause.operator, value),
    )
