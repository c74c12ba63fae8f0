"""Review queues: which traces wait for whom, and what became of them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from registry.errors import InvalidParameterValue, ResourceAlreadyExists, ResourceDoesNotExist
from registry.reviews import queue_messages as wire
from registry.reviews import store
from registry.reviews.checks import named, page_size, people, queue_name
from registry.reviews.queue_forms import completed_by, item_ids, item_message, new_item, new_queue, queue_message
from registry.reviews.store import ItemRow, QueueRow
from registry.runs.checks import experiment_number
from registry.runs.experiments import find_experiment
from registry.runs.types import Metadata, now_ms
from registry.search import next_token, offset_of

__all__ = ("ReviewQueueService",)


class ReviewQueueService:
    """What is done with queues. Methods raise the tree of ``registry.errors``."""

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata

    async def create(self, request: wire.CreateReviewQueue) -> wire.CreateReviewQueue.Response:
        """Make a queue."""
        row = new_queue(request)

        def write(connection: Connection) -> None:
            find_experiment(connection, row.experiment_id)
            _check_schemas(connection, row.experiment_id, row.schema_ids)
            store.insert_queue(connection, row)

        try:
            await self._metadata.run(write)
        except IntegrityError:
            raise _taken(row.name) from None
        return wire.CreateReviewQueue.Response(review_queue=queue_message(row))

    async def get_or_create_for_user(self, request: wire.GetOrCreateUserQueue) -> wire.GetOrCreateUserQueue.Response:
        """The queue of one person."""
        user = named(request.user, "user").lower()
        wanted = wire.CreateReviewQueue(
            experiment_id=request.experiment_id, name=user, queue_type=wire.ReviewQueueType.USER, created_by=user
        )
        try:
            return wire.GetOrCreateUserQueue.Response(review_queue=(await self.create(wanted)).review_queue)
        except ResourceAlreadyExists:
            asked = wire.GetReviewQueueByName(experiment_id=request.experiment_id, name=user)
            found = (await self.get_by_name(asked)).review_queue
        if found.queue_type is not wire.ReviewQueueType.USER:
            raise ResourceAlreadyExists(
                f"A non-user queue named '{user}' already exists; cannot get-or-create a user queue with that name."
            )
        return wire.GetOrCreateUserQueue.Response(review_queue=found)

    async def get(self, request: wire.GetReviewQueue) -> wire.GetReviewQueue.Response:
        """One queue."""
        row = await self._metadata.read(lambda connection: _find(connection, request.queue_id))
        return wire.GetReviewQueue.Response(review_queue=queue_message(row))

    async def get_by_name(self, request: wire.GetReviewQueueByName) -> wire.GetReviewQueueByName.Response:
        """One queue, by its name."""
        number = experiment_number(request.experiment_id)

        def read(connection: Connection) -> QueueRow:
            find_experiment(connection, number)
            found = store.read_queue_named(connection, number, request.name)
            if found is None:
                raise ResourceDoesNotExist(f"Review queue with name '{request.name}' not found for experiment '{number}'.")
            return found

        return wire.GetReviewQueueByName.Response(review_queue=queue_message(await self._metadata.read(read)))

    async def list(self, request: wire.ListReviewQueues) -> wire.ListReviewQueues.Response:
        """A page of queues."""
        size, offset = page_size(request.max_results), offset_of(request.page_token)
        number = experiment_number(request.experiment_id)
        user = None if request.user is None else request.user.strip().lower()

        def read(connection: Connection) -> list[QueueRow]:
            find_experiment(connection, number)
            return [row for row in store.list_queues(connection, number, request.item_id) if user is None or user in row.users]

        rows = (await self._metadata.read(read))[offset:]
        token = next_token(offset + size) if len(rows) > size else ""
        return wire.ListReviewQueues.Response(review_queues=[queue_message(row) for row in rows[:size]], next_page_token=token)

    async def update(self, request: wire.UpdateReviewQueue) -> wire.UpdateReviewQueue.Response:
        """Change a queue that is nobody's own."""

        def write(connection: Connection) -> QueueRow:
            before = _held(connection, request.queue_id)
            store.change_queue(connection, before.queue_id, _changes(connection, request, before))
            return _find(connection, before.queue_id)

        try:
            row = await self._metadata.run(write)
        except IntegrityError:
            raise _taken(request.name or "") from None
        return wire.UpdateReviewQueue.Response(review_queue=queue_message(row))

    async def delete(self, request: wire.DeleteReviewQueue) -> None:
        """Remove a queue. One that nobody knows is no error."""
        await self._metadata.run(lambda connection: store.delete_queue(connection, request.queue_id))

    async def add_items(self, request: wire.AddItemsToReviewQueue) -> wire.AddItemsToReviewQueue.Response:
        """Put traces into a queue."""
        ids = item_ids(request.item_ids)

        def write(connection: Connection) -> dict[str, ItemRow]:
            queue = _held(connection, request.queue_id)
            store.add_items(connection, [new_item(queue.queue_id, item_id) for item_id in ids])
            return store.read_items(connection, queue.queue_id, ids)

        found = await self._metadata.run(write)
        return wire.AddItemsToReviewQueue.Response(items=[item_message(found[item_id]) for item_id in ids if item_id in found])

    async def remove_items(self, request: wire.RemoveItemsFromReviewQueue) -> None:
        """Take traces out of a queue; those that are not in it are left out."""
        ids = item_ids(request.item_ids)

        def write(connection: Connection) -> None:
            store.remove_items(connection, _find(connection, request.queue_id).queue_id, ids)

        await self._metadata.run(write)

    async def list_items(self, request: wire.ListReviewQueueItems) -> wire.ListReviewQueueItems.Response:
        """A page of what is in a queue."""
        size, offset = page_size(request.max_results), offset_of(request.page_token)
        status = None if request.status in (None, wire.ReviewStatus.REVIEW_STATUS_UNSPECIFIED) else request.status.value

        def read(connection: Connection) -> list[ItemRow]:
            queue = _find(connection, request.queue_id)
            return store.list_items(connection, queue.queue_id, status, offset, size + 1)

        rows = await self._metadata.read(read)
        token = next_token(offset + size) if len(rows) > size else ""
        return wire.ListReviewQueueItems.Response(items=[item_message(row) for row in rows[:size]], next_page_token=token)

    async def set_status(self, request: wire.SetReviewQueueItemStatus) -> wire.SetReviewQueueItemStatus.Response:
        """Say how far an item is. Who looked at it first stays so while the status does."""
        by = completed_by(request)

        def write(connection: Connection) -> ItemRow:
            queue = _held(connection, request.queue_id)
            before = store.read_items(connection, queue.queue_id, [request.item_id]).get(request.item_id)
            if before is None:
                raise ResourceDoesNotExist(f"Item '{request.item_id}' is not attached to review queue '{request.queue_id}'.")
            if before.status == request.status.value:
                return before
            now = now_ms()
            changes = {"status": request.status.value, "completed_by": by, "completed_time": now if by else None, "last_update_time": now}
            store.change_item(connection, queue.queue_id, request.item_id, changes)
            return store.read_items(connection, queue.queue_id, [request.item_id])[request.item_id]

        return wire.SetReviewQueueItemStatus.Response(item=item_message(await self._metadata.run(write)))


def _find(connection: Connection, queue_id: str) -> QueueRow:
    found = store.read_queue(connection, queue_id)
    if found is None:
        raise ResourceDoesNotExist(f"Review queue with id '{queue_id}' not found.")
    return found


def _held(connection: Connection, queue_id: str) -> QueueRow:
    """As ``_find``, and lock the queue, so that its questions and items are changed by one client at a time."""
    store.change_queue(connection, queue_id, {"last_update_time": now_ms()})
    return _find(connection, queue_id)


def _changes(connection: Connection, request: wire.UpdateReviewQueue, before: QueueRow) -> dict[str, Any]:
    if before.queue_type == wire.ReviewQueueType.USER.value:
        raise InvalidParameterValue("A user queue's name, assigned user, schemas, and owner are fixed and cannot be updated.")
    changes: dict[str, Any] = {"last_update_time": now_ms()}
    if request.name is not None:
        name = queue_name(request.name)
        changes |= {"name": name, "name_key": name.lower()}
    if request.new_owner is not None:
        changes["created_by"] = named(request.new_owner, "new_owner")
    if request.update_users:
        changes["users"] = people(request.users)
    if request.update_schema_ids:
        if store.count_items(connection, before.queue_id):
            raise InvalidParameterValue(
                "A review queue's questions are locked once items are assigned to it. Remove the items before changing its questions."
            )
        changes["schema_ids"] = list(dict.fromkeys(each.strip() for each in request.schema_ids))
        _check_schemas(connection, before.experiment_id, changes["schema_ids"])
    return changes


def _check_schemas(connection: Connection, number: int, schema_ids: Sequence[str]) -> None:
    known = store.known_schemas(connection, number, schema_ids)
    if missing := [each for each in schema_ids if each not in known]:
        raise InvalidParameterValue(f"Label schema id(s) {missing} not found for experiment '{number}'.")


def _taken(name: str) -> ResourceAlreadyExists:
    return ResourceAlreadyExists(f"Review queue with name '{name}' already exists (names are case-insensitive).")
