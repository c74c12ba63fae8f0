"""Why a trace has the score it has, or none.

The answer is the state of the trace's line in the ledger. Where there is no line it is one of these words:

``judges_work``   the trace holds a span of a judge, and judges never judge one another
``not_sealed``    spans may still come
``unanswered``    the request failed before anything was answered, and the judge's filter does not ask for such
``filtered``      the judge's filter does not match
``not_in_sample`` the draw of this trace is not under the judge's share
``not_online``    the judge looks at traces only when it is asked to
``not_seen``      nothing stands in the way: the judge has not come to it yet, or the trace is older than the judge's first look
"""

from evals.executor import is_judging
from evals.ledger import Ledger
from evals.missing import Window, pages
from evals.sampling import admits, draw
from evals.selection import UNANSWERED
from evals.types import Judge, Judgement, TraceSource, Why
from tracing.times import nanoseconds
from tracing.types import Trace

__all__ = ("why",)


ANY = "answered = true or answered = false"


async def why(judge: Judge, trace_id: str, source: TraceSource, ledger: Ledger) -> Why:
    """Explain the state of a trace. Raises ``tracing.errors.TraceNotFound``."""
    trace = await source.get(trace_id)
    lines = await ledger.history(judge.name, trace_id)
    line = next((line for line in lines if line.judge_version == judge.version), None)
    answer, explanation = _of_line(line) if line else await _of_silence(judge, trace, source)
    return Why(
        judge_name=judge.name, judge_version=judge.version, trace_id=trace_id, answer=answer, explanation=explanation, judgements=lines
    )


def _of_line(line: Judgement) -> tuple[str, str]:
    return line.state.value, line.reason or f"this version of the judge has it as {line.state.value}"


async def _of_silence(judge: Judge, trace: Trace, source: TraceSource) -> tuple[str, str]:
    """Why a trace has no line in the ledger: the first reason that holds, in the order in which a judge meets them."""
    if is_judging(trace.spans):
        return "judges_work", "the trace holds the work of a judge, and judges never judge one another"
    if not await _is_candidate(ANY, trace, source):
        return "not_sealed", "spans of the trace may still come; it is judged when it has come to rest"
    if not await _is_candidate(judge.filter, trace, source):
        if await _is_candidate(f"({judge.filter or ANY}) and {UNANSWERED}", trace, source):
            return (
                "unanswered",
                "the request failed before anything was answered; a filter that speaks of status or answered decides itself",
            )
        return "filtered", f"the trace does not match the judge's filter: {judge.filter}"
    if not admits(judge, trace.summary.trace_id):
        return "not_in_sample", f"it drew {draw(judge.name, trace.summary.trace_id):.4f}, and the sample is {judge.sample:g}"
    if not judge.online:
        return "not_online", f"the judge is not online: tidegate judge run {judge.name} --since …"
    return "not_seen", f"it comes next, or it is older than the judge's first look: tidegate judge run {judge.name} --since …"


async def _is_candidate(filter_text: str | None, trace: Trace, source: TraceSource) -> bool:
    """Whether the trace is sealed and a judge's filter means it. It is looked for among those that began in its own time span."""
    window = Window(since_ns=nanoseconds(trace.summary.start_time), until_ns=nanoseconds(trace.summary.end_time) + 1)
    async for page in pages(source, filter_text, window):
        if any(candidate.trace_id == trace.summary.trace_id for candidate in page):
            return True
    return False
