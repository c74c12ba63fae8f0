"""Addresses that MLflow's client prints and opens, led to our pages; and the frame that it shows in notebooks."""

from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from litestar import Request, Response, get
from litestar.params import FromPath
from litestar.response import Redirect

from server.ui.chat import Chat, read_chat
from server.ui.headers import FRAMED_HEADERS
from server.ui.pages.page import Services, fragment
from server.ui.query import ListQuery, quoted
from tracing.errors import TraceNotFound
from tracing.types import Trace

__all__ = ("notebook_frame", "part_of_experiment", "traces_of_experiment")

AnyRequest = Request[Any, Any, Any]
FRAMED: Final = 10
"""Traces that one frame shows."""

PARTS: Final = {"issues": "issues", "judges": "scorers"}


@get("/experiments/{experiment_id:str}/traces")
async def traces_of_experiment(experiment_id: FromPath[str], request: AnyRequest) -> Response[Any]:
    """Its traces, or the one that the address names."""
    chosen = request.query_params.get("selectedEvaluationId") or request.query_params.get("selectedTraceId")
    if chosen:
        return Redirect(f"/traces/{chosen.removeprefix('tr-')}", status_code=302)
    return Redirect(ListQuery(filter=f"experiment = {quoted(experiment_id)}").url(), status_code=302)


@get("/experiments/{experiment_id:str}/{part:str}")
async def part_of_experiment(experiment_id: FromPath[str], part: FromPath[str], request: AnyRequest) -> Response[Any]:
    """Parts that are pages of their own here. That of evaluations names the run of one."""
    if run_id := request.query_params.get("selectedRunUuid"):
        return Redirect(f"/experiments/{quote(experiment_id, safe='')}/runs/{quote(run_id, safe='')}", status_code=302)
    elsewhere = {"review-queue": "/queues", "prompts": "/prompts", "datasets": "/datasets"}
    sub = PARTS.get(part)
    return Redirect(elsewhere.get(part, f"/experiments/{experiment_id}" + (f"/{sub}" if sub else "")), status_code=302)


@get("/static-files/lib/notebook-trace-renderer/index.html")
async def notebook_frame(request: AnyRequest, services: Services) -> Response[str]:
    """The traces that a notebook's cell made, each with what was asked and answered. May be framed by other sites, and does nothing else."""
    wanted = list(dict.fromkeys(request.query_params.getall("trace_id", [])))
    shown: list[tuple[str, Trace | None, Chat | None]] = []
    for trace_id in wanted[:FRAMED]:
        try:
            trace = await services.traces.get_skeleton(trace_id.removeprefix("tr-").lower())
        except TraceNotFound:
            shown.append((trace_id, None, None))
            continue
        content = await services.traces.content(trace.summary.trace_id, trace.spans[0].span_id)
        shown.append((trace_id, trace, read_chat(content)))
    return fragment("notebook.html", headers=FRAMED_HEADERS, shown=shown, more=max(0, len(wanted) - FRAMED), now=datetime.now(UTC))
