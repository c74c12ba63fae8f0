"""Findings as problems for a person, in the order of the file."""

from collections.abc import Collection, Iterable

from config.errors import Problem
from config.excerpt import excerpt
from config.findings import Finding
from config.source import Span

__all__ = ("present",)


def present(findings: Iterable[Finding], secret: Collection[Span] | None) -> tuple[Problem, ...]:
    """Problems in the order of the file, each once, with the values of ``secret`` hidden; ``None`` hides whatever is not a key."""
    ordered = sorted(
        dict.fromkeys(findings), key=lambda finding: (finding.span.source.path is None, finding.span.source.name, finding.span.start)
    )
    return tuple(_problem(finding, secret) for finding in ordered)


def _problem(finding: Finding, secret: Collection[Span] | None) -> Problem:
    return Problem(
        file=finding.span.source.name,
        line=finding.span.line,
        column=finding.span.column,
        path=finding.path,
        subject=finding.subject,
        message=f"{finding.subject} {finding.predicate}",
        hint=finding.hint,
        suggestion=finding.suggestion,
        excerpt=excerpt(finding.span, secret),
    )
