"""What is missing: sealed traces that match a judge's filter and have no line in its ledger.

New traces, a scheduled run and a backfill differ only in the window that they look through.
"""

from collections.abc import AsyncIterator, Callable

import msgspec

from evals.ledger import Ledger
from evals.selection import selection
from evals.types import Admission, Candidate, Judge, TraceSource
from tracing.errors import BadCursor

__all__ = ("LAG", "PAGE", "Watch", "Window", "pages")

PAGE = 500
"""Candidates read at once. A larger number of traces is simply more pages: there is no cap that could leave one out."""

LAG = 30.0
"""Seconds by which the remembered position stays behind, so that a row that became visible late is still met."""


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """The part of the past to look through: traces that began at ``since_ns`` or later and before ``until_ns``, since the epoch."""

    since_ns: int | None = None
    until_ns: int | None = None


async def pages(source: TraceSource, filter_text: str | None, window: Window, after: str | None = None) -> AsyncIterator[list[Candidate]]:
    """Everything sealed in the window that a filter of a judge means, in the order of sealing, behind ``after``, page by page."""
    meant = selection(filter_text)
    while True:
        page = list(await source.sealed(after, meant, window.since_ns, window.until_ns, PAGE))
        if page:
            yield page
            after = page[-1].cursor
        if len(page) < PAGE:
            return


class Watch:
    """Follows the traces as they come to rest, for one judge.

    ``head`` is how far it has looked. The remembered position is where ``head`` was one or two ``LAG`` ago; from there everything is looked
    at a second time. Looking twice costs a query, since a trace that has a line changes nothing.
    """

    def __init__(self, judge: Judge, source: TraceSource, ledger: Ledger, window: Window, clock: Callable[[], float]) -> None:
        """``window`` bounds the first look of all. ``clock`` is monotonic, in seconds."""
        self._judge = judge
        self._source = source
        self._ledger = ledger
        self._window = window
        self._clock = clock
        self._head: str | None = None
        self._next: str | None = None
        self._kept: str | None = None
        self._turned = clock()
        self._begun = False

    async def look(self) -> list[Admission]:
        """Admit everything that has come to rest since the last look."""
        if not self._begun:
            self._head = self._next = self._kept = await self._ledger.position(self._judge)
            self._begun = True
        try:
            admissions = await self._admit()
        except BadCursor:
            # A position of an earlier release: begin again. What has a line is not judged twice.
            self._head = self._next = None
            admissions = await self._admit()
        await self._turn()
        return admissions

    async def _admit(self) -> list[Admission]:
        admissions = []
        window = self._window if self._head is None else Window()
        async for page in pages(self._source, self._judge.filter, window, self._head):
            admissions.append(await self._ledger.admit(self._judge, page))
            self._head = page[-1].cursor
        return admissions

    async def _turn(self) -> None:
        if self._clock() - self._turned < LAG or self._head is None:
            return
        if self._next is not None and self._next != self._kept:  # a server at rest writes nothing
            await self._ledger.keep_position(self._judge, self._next)
            self._kept = self._next
        self._next, self._head = self._head, self._next
        self._turned = self._clock()
