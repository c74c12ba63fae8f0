"""``tidegate traces list`` and ``tidegate traces show``."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import rich_click as click

from server.cli import text
from server.cli.api import Api, in_workspace, path_of, with_api
from server.cli.errors import BadUsage
from server.cli.output import emit, json_option, message, plain, show, stdout_console, table
from tracing.errors import FilterError
from tracing.filters import WITHOUT_JUDGES, parse, speaks_of_judges
from tracing.types import Assessment, ScoreSummary, SpanView, Trace, TracePage, TraceSummary

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text
    from rich.tree import Tree

__all__ = ("fetch_traces", "traces", "traces_table")

PAGE = 200


@click.group()
def traces() -> None:
    """Look at traces."""


@traces.command("list")
@click.option("--filter", "expression", help="Which traces, for instance: status = 'error' and cost > 0.01")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many, newest first.")
@click.option("--judges", is_flag=True, help="Show what judges asked their models, too.")
@json_option
@with_api
@in_workspace
def list_traces(api: Api, expression: str | None, limit: int, *, judges: bool, as_json: bool) -> None:
    """List traces, newest first. Judges' own traffic is left out, unless the filter speaks of it."""
    wanted = expression if judges or speaks_of_judges(expression or "") else _without_judges(expression)
    page = fetch_traces(api, wanted, limit)
    if as_json:
        emit(page)
    elif page.traces:
        show(traces_table(page.traces, datetime.now(UTC), stdout_console().width))
    else:
        message(
            "No traces match."
            if expression
            else f"No traces yet. Send one: point an OpenAI client at {api.url}/v1, or run `tidegate demo`."
        )


@traces.command("show")
@click.argument("trace_id")
@json_option
@with_api
@in_workspace
def show_trace(api: Api, trace_id: str, *, as_json: bool) -> None:
    """Show one trace: its spans as a tree, and its scores."""
    trace = api.get(path_of("traces", trace_id), Trace)
    if as_json:
        emit(trace)
    else:
        show(_headline(trace.summary), _tree(trace.spans), *(_assessment(each) for each in trace.assessments))


def _without_judges(expression: str | None) -> str:
    if not expression or not expression.strip():
        return WITHOUT_JUDGES
    try:
        parse(expression)  # by itself: the server would tell of a mistake among the words that are put around it
    except FilterError as error:
        raise BadUsage(error.message, error.hint) from error
    return f"({expression}) and {WITHOUT_JUDGES}"


def fetch_traces(api: Api, expression: str | None, limit: int) -> TracePage:
    """The newest ``limit`` traces, over as many pages as that takes."""
    found: list[TraceSummary] = []
    cursor: str | None = None
    while True:
        parameters = {"filter": expression, "limit": min(PAGE, limit - len(found)), "cursor": cursor}
        page = api.get(path_of("traces"), TracePage, parameters)
        found += page.traces
        cursor = page.next_cursor
        if cursor is None or not page.traces or len(found) >= limit:
            return TracePage(traces=found, next_cursor=cursor)


def traces_table(rows: Sequence[TraceSummary], now: datetime, width: int) -> "Table":
    """One row per trace; with fewer columns where ``width`` is small, so that those that are left can be read."""
    columns = [column for column in _columns(now) if width >= column.from_width]
    made = table(*((column.header, {"no_wrap": True, "overflow": "ellipsis", **column.options}) for column in columns))
    for row in rows:
        made.add_row(*(column.cell(row) for column in columns))
    return made


class _Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column of the table, shown on terminals at least ``from_width`` characters wide."""

    header: str
    cell: Callable[[TraceSummary], "Text"]
    from_width: int = 0
    options: dict[str, Any] = {}


def _columns(now: datetime) -> list[_Column]:
    right = {"justify": "right", "min_width": 8}
    return [
        _Column(header="  trace", cell=_identity, options={"min_width": 34}),
        _Column(header="age", cell=lambda row: plain(text.age(row.start_time, now)), options={"min_width": 6}),
        _Column(header="name", cell=lambda row: plain(row.name), from_width=130, options={"max_width": 28}),
        _Column(header="model", cell=lambda row: plain(", ".join(row.models)), options={"min_width": 10, "max_width": 24}),
        _Column(header="input", cell=lambda row: plain(row.input_preview), from_width=150, options={"max_width": 32}),
        _Column(header="latency", cell=lambda row: plain(text.duration(row.duration_ms)), from_width=90, options=right),
        _Column(header="tokens", cell=_tokens, from_width=115, options=right),
        _Column(header="cost", cell=lambda row: plain(text.cost(row.cost, row.unpriced_calls)), from_width=105, options=right),
        _Column(header="scores", cell=lambda row: plain(", ".join(map(text.score, row.scores))), options={"min_width": 20}),
    ]


def _identity(row: TraceSummary) -> "Text":
    mark, colour = text.status_mark(row.status)
    return plain(f"{mark} ", colour) + plain(row.trace_id)


def _tokens(row: TraceSummary) -> "Text":
    return plain(text.tokens(row.input_tokens, row.output_tokens, estimated=row.usage_estimated))


def _headline(summary: TraceSummary) -> "Text":
    mark, colour = text.status_mark(summary.status)
    facts = [
        summary.name,
        text.duration(summary.duration_ms),
        text.tokens(summary.input_tokens, summary.output_tokens, estimated=summary.usage_estimated),
        text.cost(summary.cost, summary.unpriced_calls),
        summary.start_time,
    ]
    return plain(f"{mark} {summary.trace_id}", colour) + plain("  " + "  ".join(facts))


def _tree(spans: Sequence[SpanView]) -> "Tree":
    """Spans under their parents; those whose parent is not in the trace stand at the first level."""
    from rich.tree import Tree

    present = {span.span_id for span in spans}
    children: dict[str | None, list[SpanView]] = defaultdict(list)
    for span in spans:
        children[span.parent_span_id if span.parent_span_id in present else None].append(span)
    root = Tree("", hide_root=True)
    waiting = [(root, span) for span in children[None]]
    while waiting:
        branch, span = waiting.pop(0)
        below = branch.add(_span_line(span))
        waiting += [(below, child) for child in children[span.span_id]]
    return root


def _span_line(span: SpanView) -> "Text":
    mark, colour = text.status_mark(span.status)
    facts = [text.duration(span.duration_ms)]
    if span.kind in {"LLM", "EMBEDDING"}:
        usage = text.tokens(span.usage.input_tokens, span.usage.output_tokens, estimated=span.usage.estimated)
        facts = [span.response_model or span.request_model, *facts, usage, text.cost(span.cost.total)]
    line = plain(f"{mark} ", colour) + plain(f"{span.kind} ", "dim") + plain(span.name, "bold") + plain("  " + "  ".join(facts))
    for label, words in (("in ", span.input_preview), ("out ", span.output_preview), ("error ", span.status_message)):
        if words:
            line.append(f"\n  {label}", style="dim").append_text(plain(words))
    return line


def _assessment(found: Assessment) -> "Text":
    summary = ScoreSummary(name=found.name, value=found.value, error_code=found.error_code, source_type=found.source_type)
    said = found.rationale or found.error_message
    return (
        plain(f"{text.score(summary)}", "bold")
        + plain(f"  by {found.judge_name or found.source_id}", "dim")
        + plain(f"  {said}" if said else "")
    )
