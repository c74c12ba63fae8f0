"""``/traces``: the table, its filters, its further pages, and the same rows again while it is live."""

import time
from datetime import UTC, datetime
from typing import Any, Final

from litestar import Request, Response, get

from server.ui.pages.page import Services, fragment, page
from server.ui.query import ORDERS, RANGES, STATUSES, ListQuery, read_query
from server.ui.services import UiServices
from tracing.errors import BadCursor, FilterError
from tracing.filters import parse
from tracing.types import TracePage

__all__ = ("more_traces", "traces")

PAGE_SIZE: Final = 50
_EMPTY: Final = TracePage(traces=[])


@get("/traces")
async def traces(request: Request[Any, Any, Any], services: Services) -> Response[str]:
    """The table. A filter that is wrong keeps its text, and is told what is wrong and where."""
    query = read_query(request.query_params)
    found, mistake = await _search_or_explain(services, query)
    return page(
        services,
        "traces.html",
        title="Traces",
        section="traces",
        query=query,
        found=found,
        mistake=mistake,
        mistake_at=mistake.position if mistake else 0,
        facets=await services.figures.facets(query.since_ns(time.time_ns()), judges=not query.hides_judges),
        statuses=STATUSES,
        ranges=RANGES,
        orders=ORDERS,
        now=datetime.now(UTC),
        empty_store=not found.traces and not query.narrowed() and not await services.traces.has_any(),
    )


@get("/ui/traces")
async def more_traces(request: Request[Any, Any, Any], services: Services) -> Response[str]:
    """Rows alone: the next page, or the first page once more."""
    query = read_query(request.query_params)
    return fragment("trace_rows.html", query=query, found=await _search(services, query), now=datetime.now(UTC))


async def _search(services: UiServices, query: ListQuery) -> TracePage:
    if query.filter.strip():
        parse(query.typed())  # by itself, so that a mistake is told as it was typed and not among the other conditions
    return await services.traces.search(
        query.expression(), order=query.order, limit=PAGE_SIZE, cursor=query.cursor or None, since_ns=query.since_ns(time.time_ns())
    )


async def _search_or_explain(services: UiServices, query: ListQuery) -> tuple[TracePage, FilterError | None]:
    try:
        return await _search(services, query), None
    except FilterError as mistake:
        return _EMPTY, mistake
    except BadCursor:
        # A cursor is of one order and one version; the address still means a list, whose first page is the honest answer.
        return await _search(services, read_query({**query_parameters(query), "cursor": ""})), None


def query_parameters(query: ListQuery) -> dict[str, str]:
    """The state as parameters of an address."""
    return {name: getattr(query, name) for name in ListQuery.__struct_fields__}
