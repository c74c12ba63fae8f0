"""Which traces a judge looks at, as one filter. Pure."""

from typing import Final

from tracing.filters import And, Comparison, Expression, Not, Or, parse

__all__ = ("UNANSWERED", "selection")

UNANSWERED: Final = "answered = false and (status = 'error' or status = 'interrupted')"
"""Requests that failed before anything was answered: there is nothing to judge, and a "no" about them would say nothing of the answers."""

_SPEAKING: Final = frozenset({"status", "answered"})


def selection(written: str | None) -> str:
    """The filter of a judge with what it leaves unsaid: a filter that speaks of ``status`` or ``answered`` stands as it is.

    Raises ``tracing.errors.FilterError``.
    """
    if not written or not written.strip():
        return f"not ({UNANSWERED})"
    return written if _speaks(parse(written)) else f"({written}) and not ({UNANSWERED})"


def _speaks(expression: Expression) -> bool:
    match expression:
        case Comparison(field):
            return field in _SPEAKING
        case Not(inner):
            return _speaks(inner)
        case And(parts) | Or(parts):
            return any(map(_speaks, parts))
