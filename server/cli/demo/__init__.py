"""``tidegate demo``: the whole loop by itself. Sends traffic, waits until it is stored and judged, prints the traces with their scores."""

import time
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import rich_click as click

from server.cli.api import Api, connect, path_of
from server.cli.demo.traffic import PROMPT, Sent, samples, send
from server.cli.errors import CheckFailed, Refused
from server.cli.judge import fetch_judges
from server.cli.output import emit, json_option, message, show, stderr_console, stdout_console
from server.cli.program import program
from server.cli.traces import fetch_traces, traces_table
from tracing.types import TracePage, TraceSummary

if TYPE_CHECKING:
    import httpx

    from evals.types import Judge

__all__ = ("demo", "register_prompt")

WAIT_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.5


@click.command()
@click.option("--url", help="Send to this running server, which needs a judge.  [default: start one for the demo]")
@click.option("--api-key", help="Key of that server, if it wants one.  [env: TIDEGATE_API_KEY]")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("tidegate-demo"),
    show_default=True,
    help="Where the demo's own server keeps its data.",
)
@json_option
def demo(url: str | None, api_key: str | None, data: Path, *, as_json: bool) -> None:
    """Send sample traffic and print its traces with their scores.

    Ends with 0 only if every trace and score is there.
    """
    from server.cli.demo.child import server_of_its_own

    with nullcontext(url) if url else server_of_its_own(data) as address:
        api = connect(address, api_key)
        found = _run(api)
    if as_json:
        emit(TracePage(traces=found))
    else:
        show(traces_table(found, datetime.now(UTC), stdout_console().width))
    message(f"{len(found)} traces, {sum(len(trace.scores) for trace in found)} scores. {_where_to_look(url, data)}")


def _run(api: Api) -> list[TraceSummary]:
    judges = {report.judge.name for report in fetch_judges(api) if _scores_all(report.judge)}
    if not judges:
        fix = "Add one under judges: in its tidegate.yaml, or leave --url out."
        raise CheckFailed(f"the server at {api.url} has no judge that scores every new trace, so no score would come", fix)
    register_prompt(api)
    sent = [each for each in _send_all(api) if each.trace_id]
    return _wait(api, sent, judges)


def _scores_all(judge: "Judge") -> bool:
    return judge.online and judge.sample == 1 and judge.filter is None


def register_prompt(api: Api) -> None:
    """Register the demo's prompt, unless an earlier demo has."""
    try:
        api.get(path_of("prompts", str(PROMPT["name"]), "versions", "production"), dict[str, Any])
    except Refused as error:
        if error.status != 404:
            raise
        api.post(path_of("prompts"), PROMPT, dict[str, Any])


def _send_all(api: Api) -> list[Sent]:
    import httpx

    from server.cli.demo.agent import run_agents

    with httpx.Client(base_url=api.url, headers=api.headers, timeout=60, trust_env=False) as client:
        return [*_send_samples(client), *run_agents(client, api.url, api.headers)]


def _send_samples(client: "httpx.Client") -> list[Sent]:
    from rich.progress import track

    console = stderr_console()
    chosen = list(samples())
    progress = track(chosen, "sending", console=console, disable=not console.is_terminal, transient=True)
    sent = [send(client, sample) for sample in progress]
    for each in sent:
        if each.status >= 400 and not each.sample.fails:
            raise CheckFailed(f"the {each.sample.title} request was answered {each.status}", "The server's log says why.")
    return sent


def _wait(api: Api, sent: list[Sent], judges: set[str]) -> list[TraceSummary]:
    """The traces of ``sent``, newest first, once all are there and those that succeeded have a score of each judge."""
    wanted = {each.trace_id: not each.sample.fails for each in sent}
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        found = [trace for trace in fetch_traces(api, None, 1000).traces if trace.trace_id in wanted]
        unscored = [trace for trace in found if wanted[trace.trace_id] and not judges <= {score.name for score in trace.scores}]
        if len(found) == len(wanted) and not unscored:
            return found
        if time.monotonic() > deadline:
            raise CheckFailed(
                f"after {WAIT_SECONDS:.0f} s {len(found)} of {len(wanted)} traces are there, {len(unscored)} of them without all scores",
                "`tidegate doctor` looks for the cause; `tidegate judge why NAME TRACE_ID` for one trace's.",
            )
        time.sleep(POLL_SECONDS)


def _where_to_look(url: str | None, data: Path) -> str:
    return f"Look at them: {url}/" if url else f"Look at them: {program()} up --config {data / 'tidegate.yaml'}"
