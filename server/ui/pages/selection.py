"""``/traces/selection``: what is done with several traces at once. The address names them, so that a selection can be shared; each act is a form."""

import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get, post
from litestar.exceptions import PermissionDeniedException
from litestar.response import Redirect

from registry.errors import InvalidParameterValue, RegistryError
from registry.evaluation_datasets.messages import UpsertDatasetRecords
from registry.reviews.queue_messages import AddItemsToReviewQueue, ListReviewQueues, ReviewItemType, ReviewQueue
from registry.runs.experiment_messages import SearchExperiments
from registry.traces.messages import BatchGetTraceInfos, DeleteTraces, SetTraceTagV3
from server.ui.examples import example_of
from server.ui.headers import is_same_origin
from server.ui.pages.page import Services, page
from server.ui.services import UiServices
from tracing.errors import TraceNotFound
from tracing.scope import DEFAULT_EXPERIMENT
from tracing.types import Trace

__all__ = ("act", "selection")

AnyRequest = Request[Any, Any, Any]
MOST: Final = 100
"""Traces of one selection. More are done by a script: ``mlflow.search_traces``."""

EXPERIMENTS: Final = 100
"""Of which queues are offered, those that changed last."""

PREFIX: Final = "tr-"


class Offered(msgspec.Struct, frozen=True):
    """A queue, and whose it is."""

    queue: ReviewQueue
    experiment: str


@get("/traces/selection")
async def selection(request: AnyRequest, services: Services) -> Response[str]:
    """The chosen traces, and what can be done with them."""
    return await _page(services, request.query_params.getall("trace", []), done=request.query_params.get("done", ""))


@post("/traces/selection")
async def act(request: AnyRequest, services: Services) -> Response[Any]:
    """Do one thing with all of them. What fails half-way says for how many it was done."""
    if not is_same_origin(request.headers, [request.url.netloc]):
        raise PermissionDeniedException("This form was sent by another site.")
    form = await request.form()
    chosen = [str(each) for each in form.getall("trace", [])]
    given = {name: str(form.get(name, "")).strip() for name in ("do", "key", "value", "dataset", "queue", "sure")}
    work = ACTS.get(given["do"])
    try:
        if work is None:
            raise InvalidParameterValue(f"Traces are chosen for one of: {', '.join(ACTS)}.")
        done = await work(services, _checked(chosen), given)
    except RegistryError as error:
        return await _page(services, chosen, mistake=error.message, status=error.status)
    if given["do"] == "delete":
        return Redirect("/traces", status_code=303)
    return Redirect(f"/traces/selection?{urlencode([*(('trace', each) for each in chosen), ('done', done)])}", status_code=303)


def _checked(chosen: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(each.removeprefix(PREFIX).lower() for each in chosen if each))
    if not 1 <= len(found) <= MOST:
        raise InvalidParameterValue(f"Choose between 1 and {MOST} traces; {len(found)} are chosen.")
    return found


async def _page(services: UiServices, chosen: Sequence[str], *, done: str = "", mistake: str = "", status: int = 200) -> Response[str]:
    traces = [trace for each in _checked(chosen) if (trace := await _trace(services, each)) is not None]
    datasets, _ = await services.datasets.list("")
    return page(
        services,
        "selection.html",
        title="Chosen traces",
        section="traces",
        status=status,
        traces=[trace.summary for trace in traces],
        missing=len(_checked(chosen)) - len(traces),
        datasets=datasets,
        queues=await _queues(services),
        done=done,
        mistake=mistake,
        now=datetime.now(UTC),
    )


async def _trace(services: UiServices, trace_id: str) -> Trace | None:
    """A chosen trace; ``None`` for one that is gone, or that the caller may not read."""
    try:
        return await services.traces.get_skeleton(trace_id)
    except TraceNotFound:
        return None


async def _queues(services: UiServices) -> list[Offered]:
    found: SearchExperiments.Response = await services.registry.ask(
        SearchExperiments(max_results=EXPERIMENTS, order_by=["last_update_time DESC"])
    )
    offered = []
    for each in found.experiments:
        of: ListReviewQueues.Response = await services.registry.ask(ListReviewQueues(experiment_id=each.experiment_id))
        offered += [Offered(one, each.name) for one in of.review_queues]
    return offered


async def _tag(services: UiServices, chosen: list[str], given: Mapping[str, str]) -> str:
    if not given["key"]:
        raise InvalidParameterValue("A tag needs a name.")
    for each in chosen:
        await services.registry.ask(SetTraceTagV3(trace_id=PREFIX + each, key=given["key"], value=given["value"]))
    return f"Tagged {_count(chosen)} with {given['key']}."


async def _example(services: UiServices, chosen: list[str], given: Mapping[str, str]) -> str:
    traces = [trace for each in chosen if (trace := await _trace(services, each)) is not None]
    records = [example_of(trace, await services.traces.content(trace.summary.trace_id, trace.spans[0].span_id)) for trace in traces]
    kept: UpsertDatasetRecords.Response = await services.registry.ask(
        UpsertDatasetRecords(dataset_id=given["dataset"], records=json.dumps(records))
    )
    return f"{kept.inserted_count} new examples, {kept.updated_count} that were there already."


async def _review(services: UiServices, chosen: list[str], given: Mapping[str, str]) -> str:
    ids = [PREFIX + each for each in chosen]
    await services.registry.ask(AddItemsToReviewQueue(queue_id=given["queue"], item_type=ReviewItemType.TRACE, item_ids=ids))
    return f"{_count(chosen)} wait for review."


async def _delete(services: UiServices, chosen: list[str], given: Mapping[str, str]) -> str:
    """Delete each trace in its experiment, since permissions are on experiments."""
    if given["sure"] != "yes":
        raise InvalidParameterValue("Deleting cannot be undone: tick that you are sure.")
    infos: BatchGetTraceInfos.Response = await services.registry.ask(BatchGetTraceInfos(trace_ids=[PREFIX + each for each in chosen]))
    by_experiment: dict[str, list[str]] = defaultdict(list)
    for info in infos.trace_infos:
        place = info.trace_location.mlflow_experiment if info.trace_location else None
        by_experiment[(place and place.experiment_id) or DEFAULT_EXPERIMENT].append(info.trace_id or "")
    for experiment_id, ids in by_experiment.items():
        await services.registry.ask(DeleteTraces(experiment_id=experiment_id, request_ids=ids))
    return f"Deleted {_count(chosen)}."


def _count(chosen: Sequence[str]) -> str:
    return "1 trace" if len(chosen) == 1 else f"{len(chosen)} traces"


Act = Callable[[UiServices, list[str], Mapping[str, str]], Awaitable[str]]
ACTS: Final[Mapping[str, Act]] = {"tag": _tag, "dataset": _example, "review": _review, "delete": _delete}
