"""``tidegate judge run|list|why``."""

import time
from typing import TYPE_CHECKING, Any, Final

import msgspec
import rich_click as click

from evals.types import JudgeReport, RunProgress, Why
from server.cli import text
from server.cli.api import Api, path_of, with_api
from server.cli.errors import CheckFailed
from server.cli.output import emit, json_option, message, plain, show, stderr_console, table

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ("fetch_judges", "judge")

POLL_SECONDS: Final = 0.3
UNFINISHED: Final = frozenset({"listing", "judging"})


class _Judges(msgspec.Struct, frozen=True):
    judges: list[JudgeReport]


def fetch_judges(api: Api) -> list[JudgeReport]:
    """All judges of a server, with their figures."""
    return api.get(path_of("judges"), _Judges).judges


@click.group()
def judge() -> None:
    """Run judges, and see what they did."""


@judge.command("run")
@click.argument("name")
@click.option(
    "--since", default="1h", show_default=True, help="Start of the window: an age (30m, 24h, 7d) or a time (2026-01-31T12:00:00Z)."
)
@click.option("--until", help="End of the window, in the same forms.  [default: now]")
@click.option("--limit", type=click.IntRange(min=1), help="Judge at most so many traces.")
@json_option
@with_api
def run(api: Api, name: str, since: str, until: str | None, limit: int | None, *, as_json: bool) -> None:
    """Judge what judge NAME has not judged yet.

    Ends with 1 when traces were left without a verdict; asking again judges only those.
    """
    started = api.post(path_of("judges", name, "runs"), {"since": since, "until": until, "limit": limit}, RunProgress)
    try:
        done = _follow(api, started)
    except KeyboardInterrupt:
        message(f"The server goes on with run {started.id}; `tidegate judge run {name} --since {since}` joins it.")
        raise
    if as_json:
        emit(done)
    else:
        show(_summary(done))
        if done.state == "done" and done.reason:
            message(f"Nothing to judge: {done.reason}.")
    if done.state != "done":
        raise CheckFailed(
            f"the run is {done.state}{f': {done.reason}' if done.reason else ''}", "Run it again: only what is missing is judged."
        )
    if done.failed:
        raise CheckFailed(
            f"{done.failed} of {done.total} traces have no verdict",
            f"`tidegate judge why {name} TRACE_ID` says why; run it again to retry them.",
        )


@judge.command("list")
@json_option
@with_api
def list_judges(api: Api, *, as_json: bool) -> None:
    """List judges, as the server has them configured."""
    found = fetch_judges(api)
    if as_json:
        emit({"judges": found})
    else:
        show(_judges_table(found))


@judge.command("why")
@click.argument("name")
@click.argument("trace_id")
@json_option
@with_api
def why(api: Api, name: str, trace_id: str, *, as_json: bool) -> None:
    """Say why trace TRACE_ID has the score of judge NAME that it has, or none."""
    found = api.get(path_of("judges", name, "why", trace_id), Why)
    if as_json:
        emit(found)
        return
    click.echo(f"{found.answer}: {found.explanation}")
    for each in found.judgements:
        cost = text.cost(each.cost)
        show(plain(f"{each.updated_at}  {each.state}  attempts {each.attempts}  cost {cost}  {each.reason}"))


def _follow(api: Api, progress: RunProgress) -> RunProgress:
    """Ask until the run is over; a bar on a terminal, silence elsewhere."""
    path = path_of("judges", "runs", progress.id)
    with _bar() as bar:
        task = bar.add_task(progress.judge_name, total=None, failed=0, cost=text.UNKNOWN)
        while progress.state in UNFINISHED:
            time.sleep(POLL_SECONDS)
            progress = api.get(path, RunProgress)
            done = progress.scored + progress.failed + progress.skipped
            bar.update(task, completed=done, total=progress.total or None, failed=progress.failed, cost=text.cost(progress.cost))
    return progress


def _bar() -> "Progress":
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = stderr_console()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("failed {task.fields[failed]}  {task.fields[cost]}"),
    )
    return Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal, transient=True)


def _summary(done: RunProgress) -> Any:
    right: dict[str, Any] = {"justify": "right"}
    made = table("judge", ("traces", right), ("scored", right), ("failed", right), ("skipped", right), ("cost", right))
    made.add_row(plain(done.judge_name), str(done.total), str(done.scored), str(done.failed), str(done.skipped), text.cost(done.cost))
    return made


def _judges_table(found: list[JudgeReport]) -> Any:
    right: dict[str, Any] = {"justify": "right"}
    made = table(
        "name",
        "model",
        "result",
        ("sample", right),
        "online",
        ("scored", right),
        ("failed", right),
        ("mean", right),
        ("cost", right),
        "filter",
    )
    for each in found:
        judge, stats = each.judge, each.stats
        mean = text.UNKNOWN if stats.mean is None else f"{stats.mean:.2f}"
        figures = (str(stats.scored), str(stats.failed), mean, text.cost(stats.cost, stats.unpriced))
        settings = (plain(judge.model), judge.result.type, f"{judge.sample:g}", "yes" if judge.online else "no")
        made.add_row(plain(judge.name), *settings, *figures, plain(judge.filter or ""))
    return made
