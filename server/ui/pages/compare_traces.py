"""``/traces/compare``: two traces side by side: their figures, their scores, and what differs in what was asked and answered."""

from typing import Any

import msgspec
from litestar import Request, Response, get

from registry.errors import InvalidParameterValue
from server.ui.diff import Row, side_by_side
from server.ui.pages.page import Services, page
from server.ui.services import UiServices
from tracing.types import ScoreSummary, SpanContent, TraceSummary

__all__ = ("compare_traces",)


class Side(msgspec.Struct, frozen=True):
    """One of the two, with what its first span was given and said."""

    summary: TraceSummary
    spans: int
    said: SpanContent


@get("/traces/compare")
async def compare_traces(request: Request[Any, Any, Any], services: Services) -> Response[str]:
    """``a`` and ``b`` name them."""
    ids = [request.query_params.get(name, "").removeprefix("tr-").lower() for name in ("a", "b")]
    if not all(ids):
        raise InvalidParameterValue("Name two traces: /traces/compare?a=ID&b=ID.")
    a, b = [await _side(services, each) for each in ids]
    return page(
        services,
        "compare_traces.html",
        title="Two traces",
        section="traces",
        sides=(a, b),
        scores=_scores(a.summary, b.summary),
        said=[("Input", _diff(a.said.input, b.said.input)), ("Output", _diff(a.said.output, b.said.output))],
    )


async def _side(services: UiServices, trace_id: str) -> Side:
    found = await services.traces.get_skeleton(trace_id)
    return Side(found.summary, len(found.spans), await services.traces.content(trace_id, found.spans[0].span_id))


def _scores(a: TraceSummary, b: TraceSummary) -> list[tuple[str, list[ScoreSummary | None]]]:
    """Each name of a score with both of them, ``None`` where one has none."""
    both = [{each.name: each for each in summary.scores} for summary in (a, b)]
    return [(name, [side.get(name) for side in both]) for name in sorted(both[0] | both[1])]


def _diff(left: str, right: str) -> list[Row]:
    return side_by_side(_lines(left), _lines(right))


def _lines(text: str) -> str:
    """JSON a line a value, so that a diff of lines says something; anything else as it is."""
    try:
        return msgspec.json.format(text, indent=2) if text else ""
    except msgspec.DecodeError:
        return text
