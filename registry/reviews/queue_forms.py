"""Queues and their items between MLflow's messages and the stored form."""

from collections.abc import Sequence
from uuid import uuid4

from registry.errors import InvalidParameterValue
from registry.reviews import queue_messages as wire
from registry.reviews.checks import named, people, queue_name
from registry.reviews.store import ItemRow, QueueRow
from registry.runs.checks import experiment_number
from registry.runs.types import now_ms

__all__ = ("completed_by", "item_ids", "item_message", "new_item", "new_queue", "queue_message")


def new_queue(request: wire.CreateReviewQueue) -> QueueRow:
    """A queue of one person has that person's name, and asks all questions; others are named freely. Raises ``InvalidParameterValue``."""
    users, schema_ids = people(request.users), list(dict.fromkeys(each.strip() for each in request.schema_ids))
    if request.queue_type is wire.ReviewQueueType.USER:
        name = named(request.name, "name").lower()
        users = users or [name]
        if users != [name]:
            raise InvalidParameterValue(
                f"A user queue must have exactly one assigned user equal to its name; got name={name!r} and users={users!r}."
            )
        if schema_ids:
            raise InvalidParameterValue(
                "A user queue cannot have explicitly-attached schemas; it resolves to all of the experiment's label schemas."
            )
    elif request.queue_type is wire.ReviewQueueType.CUSTOM:
        name = queue_name(request.name)
    else:
        raise InvalidParameterValue("`queue_type` must be one of ['USER', 'CUSTOM'].")
    now = now_ms()
    return QueueRow(
        queue_id=f"rq-{uuid4().hex}",
        experiment_id=experiment_number(request.experiment_id),
        name=name,
        name_key=name.lower(),
        queue_type=request.queue_type.value,
        created_by=request.created_by,
        users=users,
        schema_ids=schema_ids,
        creation_time=now,
        last_update_time=now,
    )


def new_item(queue_id: str, item_id: str) -> ItemRow:
    """A trace that waits."""
    now = now_ms()
    return ItemRow(
        queue_id=queue_id,
        item_id=item_id,
        item_type=wire.ReviewItemType.TRACE.value,
        status=wire.ReviewStatus.PENDING.value,
        completed_by=None,
        completed_time=None,
        creation_time=now,
        last_update_time=now,
    )


def item_ids(given: Sequence[str]) -> list[str]:
    """The traces of a request, each once. Raises ``InvalidParameterValue``."""
    if not given:
        raise InvalidParameterValue(f"`item_ids` must be a non-empty list; got {list(given)!r}.")
    return list(dict.fromkeys(named(each, "item_id") for each in given))


def completed_by(request: wire.SetReviewQueueItemStatus) -> str | None:
    """Who looked, which is told of what is done, and of that alone. Raises ``InvalidParameterValue``."""
    status = request.status
    if status is wire.ReviewStatus.REVIEW_STATUS_UNSPECIFIED:
        raise InvalidParameterValue("`status` must be one of ['PENDING', 'COMPLETE', 'DECLINED'].")
    by = None if request.completed_by is None else named(request.completed_by, "completed_by").lower()
    if status is wire.ReviewStatus.PENDING and by is not None:
        raise InvalidParameterValue("`completed_by` must not be set when reopening an item to `pending`.")
    if status is not wire.ReviewStatus.PENDING and by is None:
        raise InvalidParameterValue(f"`completed_by` is required when setting status to `{status.value.lower()}`.")
    return by


def queue_message(row: QueueRow) -> wire.ReviewQueue:
    """A queue as clients see it."""
    return wire.ReviewQueue(
        queue_id=row.queue_id,
        experiment_id=str(row.experiment_id),
        name=row.name,
        queue_type=wire.ReviewQueueType[row.queue_type],
        created_by=row.created_by,
        creation_time_ms=row.creation_time,
        last_update_time_ms=row.last_update_time,
        users=row.users,
        schema_ids=row.schema_ids,
    )


def item_message(row: ItemRow) -> wire.ReviewQueueItem:
    """An item as clients see it."""
    return wire.ReviewQueueItem(
        queue_id=row.queue_id,
        item_type=wire.ReviewItemType[row.item_type],
        item_id=row.item_id,
        status=wire.ReviewStatus[row.status],
        completed_by=row.completed_by,
        completed_time_ms=row.completed_time,
        creation_time_ms=row.creation_time,
        last_update_time_ms=row.last_update_time,
    )
