"""Questions and queues in the metadata database: each function is one step of a transaction."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, exists, func, select, update

from storage.genai_tables import label_schemas, review_queue_items, review_queues
from storage.upserts import Upsert

__all__ = (
    "ItemRow",
    "QueueRow",
    "SchemaRow",
    "add_items",
    "change_item",
    "change_queue",
    "change_schema",
    "count_items",
    "delete_queue",
    "delete_schema",
    "forget_items",
    "has_default",
    "insert_queue",
    "insert_schema",
    "known_schemas",
    "list_items",
    "list_queues",
    "list_schemas",
    "read_items",
    "read_queue",
    "read_queue_named",
    "read_schema",
    "read_schema_named",
    "remove_items",
)


class SchemaRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``label_schemas``."""

    schema_id: str
    experiment_id: int
    name: str
    type: str
    instruction: str | None
    enable_comment: bool
    input: dict[str, Any]
    is_default: bool
    created_by: str | None
    created_at: int
    last_updated_at: int


class QueueRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``review_queues``."""

    queue_id: str
    experiment_id: int
    name: str
    name_key: str
    queue_type: str
    created_by: str | None
    users: list[str]
    schema_ids: list[str]
    creation_time: int
    last_update_time: int


class ItemRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``review_queue_items``."""

    queue_id: str
    item_id: str
    item_type: str
    status: str
    completed_by: str | None
    completed_time: int | None
    creation_time: int
    last_update_time: int


AT_ONCE: Final = 1000
"""Items that one statement names: databases have a limit."""

_SCHEMA: Final = tuple(label_schemas.c[name] for name in SchemaRow.__struct_fields__)
_QUEUE: Final = tuple(review_queues.c[name] for name in QueueRow.__struct_fields__)
_ITEM: Final = tuple(review_queue_items.c[name] for name in ItemRow.__struct_fields__)
_items: Final = Upsert(review_queue_items)


def insert_schema(connection: Connection, row: SchemaRow) -> None:
    """Store a new question. Raises ``IntegrityError`` when the name is taken."""
    connection.execute(label_schemas.insert(), msgspec.structs.asdict(row))


def read_schema(connection: Connection, schema_id: str) -> SchemaRow | None:
    """One question."""
    found = connection.execute(select(*_SCHEMA).where(label_schemas.c.schema_id == schema_id)).mappings().first()
    return None if found is None else SchemaRow(**found)


def read_schema_named(connection: Connection, experiment_id: int, name: str) -> SchemaRow | None:
    """One question, by its name."""
    these = (label_schemas.c.experiment_id == experiment_id, label_schemas.c.name == name)
    found = connection.execute(select(*_SCHEMA).where(*these)).mappings().first()
    return None if found is None else SchemaRow(**found)


def has_default(connection: Connection, experiment_id: int) -> bool:
    """Whether the experiment has its own first question."""
    these = (label_schemas.c.experiment_id == experiment_id, label_schemas.c.is_default)
    return connection.execute(select(label_schemas.c.schema_id).where(*these).limit(1)).first() is not None


def list_schemas(connection: Connection, experiment_id: int, offset: int, limit: int) -> list[SchemaRow]:
    """Some of an experiment's questions, the newest first."""
    statement = select(*_SCHEMA).where(label_schemas.c.experiment_id == experiment_id)
    ordered = statement.order_by(label_schemas.c.created_at.desc(), label_schemas.c.schema_id).offset(offset).limit(limit)
    return [SchemaRow(**found) for found in connection.execute(ordered).mappings()]


def known_schemas(connection: Connection, experiment_id: int, schema_ids: Sequence[str]) -> set[str]:
    """The questions among these that the experiment has."""
    these = (label_schemas.c.experiment_id == experiment_id, label_schemas.c.schema_id.in_(schema_ids))
    return set(connection.scalars(select(label_schemas.c.schema_id).where(*these)))


def change_schema(connection: Connection, schema_id: str, changes: Mapping[str, Any]) -> None:
    """Set some columns. Raises ``IntegrityError`` when a new name is taken."""
    connection.execute(update(label_schemas).where(label_schemas.c.schema_id == schema_id).values(**changes))


def delete_schema(connection: Connection, schema_id: str) -> None:
    """Remove a question."""
    connection.execute(delete(label_schemas).where(label_schemas.c.schema_id == schema_id))


def insert_queue(connection: Connection, row: QueueRow) -> None:
    """Store a new queue. Raises ``IntegrityError`` when the name is taken."""
    connection.execute(review_queues.insert(), msgspec.structs.asdict(row))


def read_queue(connection: Connection, queue_id: str) -> QueueRow | None:
    """One queue."""
    found = connection.execute(select(*_QUEUE).where(review_queues.c.queue_id == queue_id)).mappings().first()
    return None if found is None else QueueRow(**found)


def read_queue_named(connection: Connection, experiment_id: int, name: str) -> QueueRow | None:
    """One queue, by its name in any capitals."""
    these = (review_queues.c.experiment_id == experiment_id, review_queues.c.name_key == name.lower())
    found = connection.execute(select(*_QUEUE).where(*these)).mappings().first()
    return None if found is None else QueueRow(**found)


def list_queues(connection: Connection, experiment_id: int, item_id: str | None) -> list[QueueRow]:
    """An experiment's queues, the newest first; those that hold an item, where one is named."""
    statement = select(*_QUEUE).where(review_queues.c.experiment_id == experiment_id)
    if item_id is not None:
        holds = exists().where(review_queue_items.c.queue_id == review_queues.c.queue_id, review_queue_items.c.item_id == item_id)
        statement = statement.where(holds)
    ordered = statement.order_by(review_queues.c.creation_time.desc(), review_queues.c.queue_id)
    return [QueueRow(**found) for found in connection.execute(ordered).mappings()]


def change_queue(connection: Connection, queue_id: str, changes: Mapping[str, Any]) -> None:
    """Set some columns. Raises ``IntegrityError`` when a new name is taken."""
    connection.execute(update(review_queues).where(review_queues.c.queue_id == queue_id).values(**changes))


def delete_queue(connection: Connection, queue_id: str) -> None:
    """Remove a queue with its items."""
    connection.execute(delete(review_queues).where(review_queues.c.queue_id == queue_id))


def add_items(connection: Connection, rows: Sequence[ItemRow]) -> None:
    """Put items into queues; those that are in them stay as they are."""
    _items.run(connection, [msgspec.structs.asdict(row) for row in rows])


def read_items(connection: Connection, queue_id: str, item_ids: Sequence[str]) -> dict[str, ItemRow]:
    """Some items of a queue, by their ids."""
    these = (review_queue_items.c.queue_id == queue_id, review_queue_items.c.item_id.in_(item_ids))
    return {found["item_id"]: ItemRow(**found) for found in connection.execute(select(*_ITEM).where(*these)).mappings()}


def list_items(connection: Connection, queue_id: str, status: str | None, offset: int, limit: int) -> list[ItemRow]:
    """Some items of a queue, the newest first."""
    statement = select(*_ITEM).where(review_queue_items.c.queue_id == queue_id)
    if status is not None:
        statement = statement.where(review_queue_items.c.status == status)
    ordered = statement.order_by(review_queue_items.c.creation_time.desc(), review_queue_items.c.item_id).offset(offset).limit(limit)
    return [ItemRow(**found) for found in connection.execute(ordered).mappings()]


def count_items(connection: Connection, queue_id: str) -> int:
    """How many items a queue has."""
    statement = select(func.count()).select_from(review_queue_items).where(review_queue_items.c.queue_id == queue_id)
    return connection.execute(statement).scalar_one()


def change_item(connection: Connection, queue_id: str, item_id: str, changes: Mapping[str, Any]) -> None:
    """Set some columns."""
    these = (review_queue_items.c.queue_id == queue_id, review_queue_items.c.item_id == item_id)
    connection.execute(update(review_queue_items).where(*these).values(**changes))


def remove_items(connection: Connection, queue_id: str, item_ids: Sequence[str]) -> None:
    """Take items out of a queue."""
    these = (review_queue_items.c.queue_id == queue_id, review_queue_items.c.item_id.in_(item_ids))
    connection.execute(delete(review_queue_items).where(*these))


def forget_items(connection: Connection, item_ids: Sequence[str]) -> None:
    """Take items out of all queues."""
    for start in range(0, len(item_ids), AT_ONCE):
        these = item_ids[start : start + AT_ONCE]
        connection.execute(delete(review_queue_items).where(review_queue_items.c.item_id.in_(these)))
