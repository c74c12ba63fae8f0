"""Which traces are in a judge's sample. Pure: the same trace is in or out on every machine, on every day.

The draw depends on the judge's name and not on its version, so that two versions see the same traces and can be compared, and a larger
share holds every trace of a smaller one.
"""

import hashlib

from evals.types import Judge

__all__ = ("admits", "draw")

_STEPS = 1 << 53


def draw(judge_name: str, trace_id: str) -> float:
    """A number from 0 up to, but not including, 1."""
    digest = hashlib.sha256(f"{judge_name}\0{trace_id}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / _STEPS


def admits(judge: Judge, trace_id: str) -> bool:
    """Whether the trace is in the judge's sample."""
    return draw(judge.name, trace_id) < judge.sample
