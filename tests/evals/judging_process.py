"""A process that judges, to be killed: real chDB, SQLite and journal in the directory given, and a caller that takes its time.

``python judging_process.py DIRECTORY TRACES [finish]``. The first start makes the traces. Each question is a line ``asked <trace id>`` on
stdout. With ``finish`` it ends when nothing is left to do, and its last line is what was found, as JSON.
"""

import asyncio
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

import storage
from config.schema import JournalSettings, JudgeSettings, StorageSettings, TelemetrySettings
from evals.ledger import Ledger
from evals.service import JudgeService
from evals.store import LedgerStore
from evals.types import JudgeCall, JudgeReply
from storage.journal import Journal
from storage.writer import Writer
from tests.evals.making import YES, reply
from tests.tracing.conftest import Spans
from tracing.assessments import AssessmentStore
from tracing.ingest import SpanSink
from tracing.raw import Expander, Keeping
from tracing.store import TraceStore

JUDGE = JudgeSettings(name="helpful", instructions="Is {{ outputs }} helpful?", model="fake/judge", concurrency=4)
LEASE = timedelta(seconds=1)


def tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Slow:
    async def ask(self, call: JudgeCall) -> JudgeReply:
        tell(f"asked {call.judged_trace_id}")
        await asyncio.sleep(0.03)
        return reply(YES)


class Stored(msgspec.Struct):
    trace_id: str
    assessments: int
    value: float | None


STORED = "SELECT trace_id, count() AS assessments, any(value_number) AS value FROM assessments FINAL GROUP BY trace_id"


async def main(home: Path, traces: int, *, finish: bool) -> None:
    settings = StorageSettings(path=str(home))
    telemetry, metadata = await storage.open_telemetry(settings), await storage.open_metadata(settings)
    journal = Journal.open(home / "journal", settings.journal)
    kept = TelemetrySettings(seal_after=0.1)
    expand = Expander(Keeping(retention_days=kept.retention_days, content=True))
    writer = Writer(journal, telemetry, JournalSettings(batch_milliseconds=20), expand)
    store = TraceStore(telemetry, writer.flush, kept)
    make_traces(home / "made", SpanSink(journal, kept), traces)
    ledger = Ledger(LedgerStore(metadata), lease=LEASE)
    judges = JudgeService([JUDGE], store, AssessmentStore(telemetry, journal, writer.flush), ledger, Slow(), telemetry)
    async with asyncio.TaskGroup() as tasks:
        work = [tasks.create_task(writer.run()), tasks.create_task(judges.run_online())]
        while not finish or not await is_done(judges, traces):
            await asyncio.sleep(0.05)
        await writer.flush()
        report = await judges.report("helpful")
        found: dict[str, Any] = {"stored": await telemetry.query(STORED, None, Stored), "stats": report.stats}
        for task in work:
            task.cancel()
    with suppress(asyncio.CancelledError):
        await writer.close(5.0)
    tell(msgspec.json.encode(found).decode())


def make_traces(mark: Path, sink: SpanSink, traces: int) -> None:
    if not mark.exists():
        spans = Spans()
        assert sink.put([spans.chat(f"question {number}") for number in range(traces)]) == traces
        mark.touch()


async def is_done(judges: JudgeService, traces: int) -> bool:
    stats = (await judges.report("helpful")).stats
    return stats.scored + stats.failed == traces and stats.waiting == 0


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), finish=sys.argv[3:] == ["finish"]))
