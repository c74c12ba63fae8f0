"""From rounds of samples to one table of medians and ratios."""

from statistics import median

from rich.table import Table

from bench.types import Sample, Summary

__all__ = ("summarise", "table")

OURS = "tidegate (tracing on)"


def summarise(name: str, rounds: list[dict[int, Sample]], memory_mb: float | None, start_seconds: float | None) -> Summary:
    """Take the median of each figure over the rounds; errors are added up."""
    samples = {connections: _median([samples[connections] for samples in rounds]) for connections in rounds[0]}
    return Summary(name=name, samples=samples, memory_mb=memory_mb, start_seconds=start_seconds)


def _median(samples: list[Sample]) -> Sample:
    return Sample(
        requests_per_second=median(sample.requests_per_second for sample in samples),
        p50_ms=median(sample.p50_ms for sample in samples),
        p99_ms=median(sample.p99_ms for sample in samples),
        errors=sum(sample.errors for sample in samples),
    )


def table(summaries: list[Summary]) -> Table:
    """Lay out one row a system: latency added to the direct one, rate, rate as a share of ours, memory, start-up."""
    direct = next(summary for summary in summaries if summary.name == "direct")
    ours = next((summary for summary in summaries if summary.name == OURS), None)
    connections = sorted(direct.samples)
    result = Table("system", title="server on one core, load and instant upstream on another")
    for count in connections:
        result.add_column(f"+p50 ms\n{count} conn", justify="right")
        result.add_column(f"+p99 ms\n{count} conn", justify="right")
        result.add_column(f"req/s\n{count} conn", justify="right")
    for heading in (f"ours is ×\nat {connections[-1]} conn", "errors", "memory MB", "start s"):
        result.add_column(heading, justify="right")
    for summary in summaries:
        result.add_row(*_cells(summary, direct, ours, connections))
    return result


def _cells(summary: Summary, direct: Summary, ours: Summary | None, connections: list[int]) -> list[str]:
    cells = [summary.name]
    for count in connections:
        sample, base = summary.samples[count], direct.samples[count]
        added = ("—", "—") if summary is direct else (f"{sample.p50_ms - base.p50_ms:.2f}", f"{sample.p99_ms - base.p99_ms:.2f}")
        cells += [*added, f"{sample.requests_per_second:,.0f}"]
    most = connections[-1]
    ratio = ours.samples[most].requests_per_second / summary.samples[most].requests_per_second if ours else None
    errors = sum(sample.errors for sample in summary.samples.values())
    return [*cells, "—" if ratio is None else f"{ratio:.2f}", str(errors), _figure(summary.memory_mb, 0), _figure(summary.start_seconds, 1)]


def _figure(value: float | None, digits: int) -> str:
    return "—" if value is None else f"{value:.{digits}f}"
