"""The judges of a server at work: new traces, runs, reloads, and why a trace has no score."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from litestar import Litestar

from config.schema import JudgeSettings
from evals import routes
from evals.errors import InvalidJudge, JudgeNotFound, JudgeUnavailable
from evals.ledger import Ledger
from evals.missing import Window
from evals.service import JudgeService
from evals.store import LedgerStore
from evals.types import RunProgress
from storage.clickhouse import ClickHouse
from storage.metadata import Metadata
from tests.evals.making import YES, Caller, Shelf, Traces, make_span
from tracing.errors import StoreUnavailable

HELPFUL = JudgeSettings(name="helpful", instructions="Is {{ outputs }} helpful?", model="fake/judge", concurrency=8)
ON_DEMAND = JudgeSettings(name="polite", instructions="Is {{ outputs }} polite?", model="fake/judge", online=False)


def trace_id(number: int) -> str:
    return f"{number:032x}"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.post.LOOK_SECONDS", 0.02)
    monkeypatch.setattr("evals.runner.IDLE", 0.02)
    monkeypatch.setattr("evals.runs.POLL", 0.02)


@pytest.fixture
def service(traces: Traces, shelf: Shelf, metadata: Metadata, caller: Caller, telemetry: ClickHouse) -> JudgeService:
    return JudgeService([HELPFUL, ON_DEMAND], traces, shelf, Ledger(LedgerStore(metadata)), caller, telemetry)


@asynccontextmanager
async def at_work(service: JudgeService) -> AsyncIterator[None]:
    work = asyncio.create_task(service.run_online())
    try:
        yield
    finally:
        work.cancel()
        await asyncio.wait([work])
        assert work.cancelled()


async def until(met: Callable[[], bool | Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not (await found if isinstance(found := met(), Awaitable) else found):
            await asyncio.sleep(0.01)


async def finished(service: JudgeService, progress: RunProgress) -> RunProgress:
    await until(lambda: service.run(progress.id).state in ("done", "failed", "cancelled"))
    return service.run(progress.id)


def began_just_now(traces: Traces, count: int) -> None:
    """Traces that began at a time that no first look leaves out."""
    for number in range(count):
        traces.seal(trace_id(number), began_ns=2_000_000_000_000_000_000)


async def test_online_judges_score_what_comes_to_rest_and_the_others_wait_to_be_asked(service: JudgeService, traces: Traces, shelf: Shelf):
    async with at_work(service):
        began_just_now(traces, 20)
        await until(lambda: len(shelf.by_id) == 20)
    assert {put.judge_name for put in shelf.puts} == {"helpful"}
    assert len(shelf.puts) == 20


async def test_a_run_judges_what_is_missing_in_its_window_and_nothing_twice(service: JudgeService, traces: Traces, caller: Caller):
    for number in range(30):
        traces.seal(trace_id(number), began_ns=number)
    async with at_work(service):
        first = await finished(service, service.start_run("polite", Window(since_ns=10, until_ns=20), None))
        assert (first.state, first.total, first.scored, first.failed, first.skipped) == ("done", 10, 10, 0, 0)
        assert str(first.cost) == "0.001000000000"
        second = await finished(service, service.start_run("polite", Window(since_ns=0), None))
        assert (second.total, second.scored, second.skipped) == (30, 20, 10)
    assert len(caller.calls) == 30


async def test_a_run_that_finds_nothing_says_so_instead_of_seeming_to_have_judged(service: JudgeService, traces: Traces):
    traces.seal(trace_id(1), began_ns=1)
    async with at_work(service):
        nothing = await finished(service, service.start_run("polite", Window(since_ns=10), None))
        assert (nothing.state, nothing.total, "at rest" in nothing.reason) == ("done", 0, True)
        assert (await finished(service, service.start_run("polite", Window(), None))).reason == ""


@pytest.mark.parametrize("page", [500, 4])
async def test_a_limit_counts_what_is_judged_and_not_what_was_judged_before(
    service: JudgeService, traces: Traces, caller: Caller, monkeypatch: pytest.MonkeyPatch, page: int
):
    monkeypatch.setattr("evals.missing.PAGE", page)
    for number in range(30):
        traces.seal(trace_id(number), began_ns=number)
    async with at_work(service):
        for expected in (7, 7, 7, 7, 2):
            assert (await finished(service, service.start_run("polite", Window(), 7))).scored == expected
    assert len(caller.calls) == 30


async def test_a_run_tries_failures_again_and_counts_them(service: JudgeService, traces: Traces, caller: Caller):
    traces.seal(trace_id(1))
    caller.script = [JudgeUnavailable("fake/judge answered 401", retryable=False)]
    async with at_work(service):
        failed = await finished(service, service.start_run("polite", Window(), None))
        assert (failed.scored, failed.failed) == (0, 1)
        caller.script = [YES]
        assert (await finished(service, service.start_run("polite", Window(), None))).scored == 1


async def test_a_run_that_cannot_read_the_traces_fails_and_says_why(service: JudgeService, traces: Traces):
    traces.error = StoreUnavailable("the telemetry database does not answer")
    async with at_work(service):
        run = await finished(service, service.start_run("polite", Window(), None))
    assert (run.state, run.reason) == ("failed", "the telemetry database does not answer")


async def test_a_reload_leaves_unchanged_judges_at_work_and_replaces_the_others(service: JudgeService, traces: Traces, caller: Caller):
    traces.seal(trace_id(1))
    caller.pause = 0.3
    async with at_work(service):
        run = service.start_run("polite", Window(), None)
        await until(lambda: caller.open == 1)
        other = JudgeSettings(name="short", instructions="Is {{ outputs }} short?", model="fake/judge")
        await service.reconfigure([ON_DEMAND, other])
        assert (await finished(service, run)).scored == 1
        assert len(caller.calls) == 1, "the open question went on"
        with pytest.raises(JudgeNotFound, match="no judge 'helpful'") as caught:
            service.judge("helpful")
        assert caught.value.hint == "judges are polite, short"
        began_just_now(traces, 2)
        await until(lambda: len(caller.calls) == 3)


async def test_a_run_of_a_judge_that_is_changed_ends_instead_of_waiting_for_ever(service: JudgeService, traces: Traces, caller: Caller):
    traces.seal(trace_id(1))
    caller.pause = 60
    async with at_work(service):
        run = service.start_run("polite", Window(), None)
        await until(lambda: caller.open == 1)
        await service.reconfigure([JudgeSettings(name="polite", instructions="Is {{ outputs }} kind?", model="fake/judge", online=False)])
        ended = await finished(service, run)
        assert (ended.state, "run it again" in ended.reason) == ("cancelled", True)
        await until(lambda: caller.open == 0)


async def test_a_definition_that_cannot_work_changes_nothing(service: JudgeService):
    with pytest.raises(InvalidJudge):
        await service.reconfigure([JudgeSettings(name="polite", instructions="{{ nonsense }}", model="fake/judge")])
    assert service.judge("polite").instructions == ON_DEMAND.instructions


async def test_a_judge_survives_a_database_that_goes_away_and_says_so_meanwhile(service: JudgeService, traces: Traces, shelf: Shelf):
    async def trouble() -> bool:
        return "cannot look" in (await service.report("helpful")).trouble

    async def none() -> bool:
        return not (await service.report("helpful")).trouble

    async with at_work(service):
        traces.error = StoreUnavailable("away")
        await until(trouble)
        traces.error = None
        began_just_now(traces, 3)
        await until(lambda: len(shelf.by_id) == 3)
        await until(none)


async def test_a_defect_in_one_judge_stops_neither_it_nor_the_others(service: JudgeService, traces: Traces, shelf: Shelf):
    async def trouble() -> bool:
        return "ZeroDivisionError" in (await service.report("helpful")).trouble

    async with at_work(service):
        traces.error = ZeroDivisionError()
        await until(trouble)
        traces.error = None
        began_just_now(traces, 3)
        await until(lambda: len(shelf.by_id) == 3)


class TestOverHttp:
    @pytest.fixture
    async def client(self, service: JudgeService) -> AsyncIterator[httpx.AsyncClient]:
        app = Litestar([routes.router(service)], logging_config=None)
        # Not Litestar's own test client: it runs the app in another thread, where the loop of the judges is not.
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://tidegate") as client, at_work(service):
            yield client

    async def test_a_run_is_accepted_and_can_be_followed(self, client: httpx.AsyncClient, traces: Traces):
        traces.seal(trace_id(1), began_ns=2_000_000_000_000_000_000)
        answer = await client.post("/api/v1/judges/polite/runs", json={"since": "1h"})
        assert answer.status_code == 202
        run = answer.json()
        async with asyncio.timeout(20):
            while run["state"] not in ("done", "failed"):
                await asyncio.sleep(0.01)
                run = (await client.get(f"/api/v1/judges/runs/{run['id']}")).json()
        assert (run["state"], run["scored"]) == ("done", 1)
        shown = (await client.get("/api/v1/judges/polite")).json()["report"]["stats"]
        assert (shown["scored"], shown["failed"], shown["mean"], shown["mean_of"]) == (1, 0, None, 0), "no verdict is in this table"

    async def test_judges_are_listed_with_figures_that_are_unknown_and_not_zero(self, client: httpx.AsyncClient):
        listed = (await client.get("/api/v1/judges")).json()["judges"]
        assert [each["judge"]["name"] for each in listed] == ["helpful", "polite"]
        assert [each["stats"]["mean"] for each in listed] == [None, None]
        assert [each["stats"]["cost"] for each in listed] == [None, None]

    @pytest.mark.parametrize(
        ("path", "code"), [("/api/v1/judges/nobody", "judge_not_found"), ("/api/v1/judges/runs/run-0", "judge_run_not_found")]
    )
    async def test_what_is_not_there_is_said_with_a_hint(self, client: httpx.AsyncClient, path: str, code: str):
        answer = await client.get(path)
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == code
        assert answer.json()["error"]["hint"]

    @pytest.mark.parametrize(
        "body",
        [
            {"since": "yesterday"},
            {"since": "1h", "until": "2h"},
            {"since": "1h", "limit": 0},
            {"since": "99999999999w"},
            {"since": "2026-13-01T00:00:00Z"},
        ],
    )
    async def test_a_window_that_cannot_be_read_is_refused_by_name(self, client: httpx.AsyncClient, body: dict):
        answer = await client.post("/api/v1/judges/polite/runs", json=body)
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "invalid_window"

    @pytest.mark.parametrize("body", [{}, {"since": "1h", "color": "red"}, {"since": 5}, {"since": "1h", "limit": "many"}, []])
    async def test_a_body_of_another_shape_is_refused_in_the_same_form(self, client: httpx.AsyncClient, body: object):
        answer = await client.post("/api/v1/judges/polite/runs", json=body)
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "request_invalid"

    async def test_why_names_the_reason_that_holds(self, client: httpx.AsyncClient, traces: Traces, service: JudgeService):
        async def answer(name: str, number: int) -> str:
            return (await client.get(f"/api/v1/judges/{name}/why/{trace_id(number)}")).json()["answer"]

        filtered = JudgeSettings(name="filtered", instructions="?", model="fake/judge", filter="tag = 'x'", online=False)
        none = JudgeSettings(name="none", instructions="?", model="fake/judge", sample=0.0, online=False)
        await service.reconfigure([HELPFUL, ON_DEMAND, filtered, none])
        now = 1795514400_000000000  # when the traces of these tests began
        traces.seal(trace_id(1), began_ns=now)
        traces.told[trace_id(2)] = [make_span(trace_id(2))]
        traces.told[trace_id(3)] = [make_span(trace_id(3), judge_name="helpful")]
        assert await answer("polite", 1) == "not_online"
        assert await answer("filtered", 1) == "filtered"
        assert await answer("none", 1) == "not_in_sample"
        assert await answer("polite", 2) == "not_sealed"
        assert await answer("polite", 3) == "judges_work"
        assert (await finished(service, service.start_run("polite", Window(), None))).scored == 1
        assert await answer("polite", 1) == "scored"
        gone = await client.get(f"/api/v1/judges/polite/why/{trace_id(9)}")
        assert (gone.status_code, gone.json()["error"]["code"]) == (404, "trace_not_found")
