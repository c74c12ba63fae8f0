"""MLflow's messages of review queues."""

from registry.wire import Int64, Message, RequiredText, WireEnum

__all__ = (
    "AddItemsToReviewQueue",
    "CreateReviewQueue",
    "DeleteReviewQueue",
    "GetOrCreateUserQueue",
    "GetReviewQueue",
    "GetReviewQueueByName",
    "ListReviewQueueItems",
    "ListReviewQueues",
    "RemoveItemsFromReviewQueue",
    "ReviewItemType",
    "ReviewQueue",
    "ReviewQueueItem",
    "ReviewQueueType",
    "ReviewStatus",
    "SetReviewQueueItemStatus",
    "UpdateReviewQueue",
)


class ReviewItemType(WireEnum):
    """What is reviewed."""

    REVIEW_ITEM_TYPE_UNSPECIFIED = "REVIEW_ITEM_TYPE_UNSPECIFIED", 0
    TRACE = "TRACE", 1


class ReviewQueueType(WireEnum):
    """Whose queue it is."""

    REVIEW_QUEUE_TYPE_UNSPECIFIED = "REVIEW_QUEUE_TYPE_UNSPECIFIED", 0
    USER = "USER", 1
    CUSTOM = "CUSTOM", 2


class ReviewStatus(WireEnum):
    """How far an item is."""

    REVIEW_STATUS_UNSPECIFIED = "REVIEW_STATUS_UNSPECIFIED", 0
    PENDING = "PENDING", 1
    COMPLETE = "COMPLETE", 2
    DECLINED = "DECLINED", 3


class ReviewQueue(Message):
    """What waits for some people, and what they are asked."""

    queue_id: str
    experiment_id: str
    name: str
    queue_type: ReviewQueueType
    created_by: str | None = None
    creation_time_ms: Int64
    last_update_time_ms: Int64
    users: list[str] = []
    schema_ids: list[str] = []


class ReviewQueueItem(Message):
    """A trace that waits, or was looked at."""

    queue_id: str
    item_type: ReviewItemType
    item_id: str
    status: ReviewStatus
    completed_by: str | None = None
    completed_time_ms: Int64 | None = None
    creation_time_ms: Int64
    last_update_time_ms: Int64


class _OneQueue(Message):
    """A queue."""

    review_queue: ReviewQueue


class CreateReviewQueue(Message):
    """Make a queue."""

    experiment_id: RequiredText
    name: RequiredText
    queue_type: ReviewQueueType
    created_by: str | None = None
    users: list[str] = []
    schema_ids: list[str] = []

    class Response(_OneQueue):
        """As it was stored."""


class GetOrCreateUserQueue(Message):
    """The queue of one person, which is made when it is not there."""

    experiment_id: RequiredText
    user: RequiredText
    created_by: str | None = None

    class Response(_OneQueue):
        """That queue."""


class GetReviewQueue(Message):
    """One queue."""

    queue_id: RequiredText

    class Response(_OneQueue):
        """That queue."""


class GetReviewQueueByName(Message):
    """One queue, by its name."""

    experiment_id: RequiredText
    name: RequiredText

    class Response(_OneQueue):
        """That queue."""


class ListReviewQueues(Message):
    """The queues of an experiment, of one person, or with one item; the newest first."""

    experiment_id: RequiredText
    user: str | None = None
    max_results: int | None = None
    page_token: str | None = None
    item_id: str | None = None

    class Response(Message):
        """A page of them."""

        review_queues: list[ReviewQueue] = []
        next_page_token: str | None = None
        """Empty on the last page: these areas of MLflow's always say it."""


class UpdateReviewQueue(Message):
    """Change a queue; lists are replaced when their flag is set."""

    queue_id: RequiredText
    update_users: bool = False
    users: list[str] = []
    update_schema_ids: bool = False
    schema_ids: list[str] = []
    name: str | None = None
    new_owner: str | None = None

    class Response(_OneQueue):
        """As it is now."""


class DeleteReviewQueue(Message):
    """Remove a queue; what was said of its traces stays."""

    queue_id: RequiredText


class AddItemsToReviewQueue(Message):
    """Put traces into a queue; those that are in it stay as they are."""

    queue_id: RequiredText
    item_type: ReviewItemType | None = None
    item_ids: list[str] = []

    class Response(Message):
        """Those items."""

        items: list[ReviewQueueItem] = []


class RemoveItemsFromReviewQueue(Message):
    """Take traces out of a queue."""

    queue_id: RequiredText
    item_ids: list[str] = []


class ListReviewQueueItems(Message):
    """What is in a queue, the newest first."""

    queue_id: RequiredText
    status: ReviewStatus | None = None
    max_results: int | None = None
    page_token: str | None = None

    class Response(Message):
        """A page of them."""

        items: list[ReviewQueueItem] = []
        next_page_token: str | None = None
        """Empty on the last page: these areas of MLflow's always say it."""


class SetReviewQueueItemStatus(Message):
    """Say how far an item is."""

    queue_id: RequiredText
    item_id: RequiredText
    status: ReviewStatus
    completed_by: str | None = None

    class Response(Message):
        """As it is now."""

        item: ReviewQueueItem
