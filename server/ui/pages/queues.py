"""``/queues``: what waits for reviewers; ``/queues/{id}``: one trace of a queue at a time, with its questions."""

from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.exceptions import PermissionDeniedException
from litestar.params import FromPath
from litestar.response import Redirect

from registry.access.types import CALLER
from registry.errors import InvalidParameterValue, ResourceDoesNotExist
from registry.reviews import queue_messages as queue
from registry.reviews.queue_messages import ReviewQueue, ReviewQueueItem, ReviewStatus
from registry.reviews.schema_messages import GetLabelSchema, LabelSchema, ListLabelSchemas
from registry.runs.experiment_messages import SearchExperiments
from registry.traces.assessment_messages import CreateAssessment
from server.ui.chat import Chat, read_chat
from server.ui.headers import is_same_origin
from server.ui.pages.page import Services, page
from server.ui.reviewing import Question, answers, questions
from server.ui.services import UiServices
from tracing.errors import TraceNotFound
from tracing.types import Trace

__all__ = ("answer", "queues", "work")

AnyRequest = Request[Any, Any, Any]
EXPERIMENTS: Final = 100
"""Of which queues are listed, those that changed last."""

ITEMS: Final = 1000
NOBODY: Final = "reviewer"
"""Signs what is said where nobody signs in."""


class QueueLine(msgspec.Struct, frozen=True):
    """A queue in the list, and how far it is."""

    queue: ReviewQueue
    experiment: str
    done: int
    total: int
    is_cut: bool


class Shown(msgspec.Struct, frozen=True):
    """The trace that is looked at; ``None`` when it is not stored any more, or may not be read."""

    trace: Trace | None
    chat: Chat | None


@get("/queues")
async def queues(services: Services) -> Response[str]:
    """All queues of the experiments that changed last."""
    found: SearchExperiments.Response = await services.registry.ask(
        SearchExperiments(max_results=EXPERIMENTS, order_by=["last_update_time DESC"])
    )
    lines = []
    schemas: list[tuple[str, LabelSchema]] = []
    for each in found.experiments:
        of = await services.registry.ask(queue.ListReviewQueues(experiment_id=each.experiment_id))
        lines += [await _line(services, one, each.name) for one in of.review_queues]
        asked = await services.registry.ask(ListLabelSchemas(experiment_id=each.experiment_id))
        schemas += [(each.name, schema) for schema in asked.label_schemas]
    return page(services, "queues.html", title="Review", section="queues", lines=lines, schemas=schemas, now=datetime.now(UTC))


@get("/queues/{queue_id:str}")
async def work(queue_id: FromPath[str], request: AnyRequest, services: Services) -> Response[str]:
    """The item that the address names, else the first that waits."""
    return await _page(queue_id, request.query_params.get("item", ""), services)


@post("/queues/{queue_id:str}")
async def answer(queue_id: FromPath[str], request: AnyRequest, services: Services) -> Response[Any]:
    """Keep what was said of an item, or put it aside, and go to the next one that waits."""
    if not is_same_origin(request.headers, [request.url.netloc]):
        raise PermissionDeniedException("This form was sent by another site.")
    form = await request.form()
    given = {name: [str(value) for value in form.getall(name)] for name in form}
    item, action = given.get("item", [""])[0], given.get("action", ["done"])[0]
    try:
        await _keep(services, queue_id, item, action, given)
    except InvalidParameterValue as error:
        return await _page(queue_id, item, services, mistake=error.message, status=400)
    return Redirect(f"/queues/{queue_id}", status_code=303)


async def _keep(services: UiServices, queue_id: str, item: str, action: str, given: dict[str, list[str]]) -> None:
    reviewer = _reviewer()
    if action == "done":
        asked = await _questions(services, (await _queue(services, queue_id)).schema_ids)
        said = answers(asked, given, reviewer)
        if asked and not said:
            raise InvalidParameterValue("Answer at least one question, or put the trace aside.")
        for each in said:
            await services.registry.ask(CreateAssessment(trace_id=item, assessment=each))
    status = {"done": ReviewStatus.COMPLETE, "aside": ReviewStatus.DECLINED, "reopen": ReviewStatus.PENDING}.get(action)
    if status is None:
        raise InvalidParameterValue("An item is done, put aside or reopened.")
    by = None if status is ReviewStatus.PENDING else reviewer
    await services.registry.ask(queue.SetReviewQueueItemStatus(queue_id=queue_id, item_id=item, status=status, completed_by=by))


async def _page(queue_id: str, wanted: str, services: UiServices, *, mistake: str = "", status: int = 200) -> Response[str]:
    found = await _queue(services, queue_id)
    items = await _items(services, queue_id)
    item = _chosen(items, wanted)
    shown = await _shown(services, item.item_id) if item else Shown(None, None)
    at = items.index(item) if item else 0
    return page(
        services,
        "queue.html",
        title=found.name,
        section="queues",
        status=status,
        queue=found,
        items=items,
        item=item,
        previous=items[at - 1] if item and at else None,
        following=items[at + 1] if item and at + 1 < len(items) else None,
        done=sum(each.status is not ReviewStatus.PENDING for each in items),
        shown=shown,
        asked=await _questions(services, found.schema_ids),
        mistake=mistake,
        now=datetime.now(UTC),
    )


def _chosen(items: list[ReviewQueueItem], wanted: str) -> ReviewQueueItem | None:
    waiting = (each for each in items if each.status is ReviewStatus.PENDING)
    return next((each for each in items if each.item_id == wanted), None) if wanted else next(waiting, None)


async def _queue(services: UiServices, queue_id: str) -> ReviewQueue:
    found: queue.GetReviewQueue.Response = await services.registry.ask(queue.GetReviewQueue(queue_id=queue_id))
    return found.review_queue


async def _items(services: UiServices, queue_id: str) -> list[ReviewQueueItem]:
    """At most ``ITEMS``, in the order in which they were added."""
    found: queue.ListReviewQueueItems.Response = await services.registry.ask(
        queue.ListReviewQueueItems(queue_id=queue_id, max_results=ITEMS)
    )
    return found.items


async def _line(services: UiServices, found: ReviewQueue, experiment: str) -> QueueLine:
    items = await _items(services, found.queue_id)
    done = sum(each.status is not ReviewStatus.PENDING for each in items)
    return QueueLine(found, experiment, done, len(items), len(items) >= ITEMS)


async def _questions(services: UiServices, schema_ids: list[str]) -> list[Question]:
    """The questions of a queue that are still asked."""
    found: list[LabelSchema] = []
    for schema_id in schema_ids:
        try:
            found.append((await services.registry.ask(GetLabelSchema(schema_id=schema_id))).label_schema)
        except ResourceDoesNotExist:
            continue
    return questions(found)


async def _shown(services: UiServices, item_id: str) -> Shown:
    trace_id = item_id.removeprefix("tr-").lower()
    try:
        trace = await services.traces.get_skeleton(trace_id)
    except TraceNotFound:
        return Shown(None, None)
    return Shown(trace, read_chat(await services.traces.content(trace_id, trace.spans[0].span_id)))


def _reviewer() -> str:
    caller = CALLER.get()
    return caller.user.username if caller else NOBODY
