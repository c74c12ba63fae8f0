"""What became of the versions of a prompt: how many traces used each, and how these were scored."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec

from storage.telemetry import Telemetry
from tracing.barrier import settled
from tracing.scope import ScopeOf, everything

__all__ = ("PromptScore", "PromptScoreStore", "VersionScores")

# Judges' own traffic is left out: what a judge was asked through a prompt is no use of it by an application.
_USES: Final = """SELECT DISTINCT trace_id, prompt_version AS version FROM spans
    WHERE project_id = 'default' AND is_deleted = 0 AND prompt_name = {name:String} AND judge_name = '' AND """

_TRACES: Final = "SELECT toString(version) AS version, count() AS traces FROM (%s) GROUP BY version"

# Of each trace the latest feedback of a name counts, as in the table of traces.
_SCORES: Final = """SELECT toString(version) AS version, toString(name) AS name,
        countIf(error_code = '' AND value_type != 'NONE') AS scored, countIf(error_code != '' OR value_type = 'NONE') AS unscored,
        countIf(value_type = 'BOOLEAN') AS answered, countIf(value_type = 'BOOLEAN' AND value_number = 1) AS yes,
        countIf(value_type = 'NUMERIC') AS measured, avgOrNullIf(value_number, value_type = 'NUMERIC') AS mean,
        sumMapIf(map(value_text, toUInt64(1)), value_type = 'CATEGORICAL') AS categories
    FROM (%s) AS uses INNER JOIN (
        SELECT trace_id, name, value_type, value_number, value_text, error_code FROM assessments FINAL
        WHERE project_id = 'default' AND valid AND kind = 'FEEDBACK' AND trace_id IN (SELECT trace_id FROM (%s))
        ORDER BY name, updated_at DESC, assessment_id LIMIT 1 BY trace_id, name
    ) AS latest ON uses.trace_id = latest.trace_id
    GROUP BY version, name ORDER BY name"""


class PromptScore(msgspec.Struct, frozen=True, kw_only=True):
    """One score of one version. Counts are traces: ``scored`` have a verdict, of ``unscored`` the judge gave none.

    ``answered`` are verdicts of yes or no, ``measured`` are numbers, ``categories`` counts the others; ``mean`` is ``None`` without a number.
    """

    version: str
    name: str
    scored: int
    unscored: int
    answered: int
    yes: int
    measured: int
    mean: float | None
    categories: Mapping[str, int]

    @property
    def figure(self) -> float | None:
        """The number for a chart: the share of yes (0 to 1), or the mean; ``None`` where there is neither, or both are mixed."""
        if self.answered and self.answered == self.scored:
            return self.yes / self.answered
        return self.mean if self.measured and self.measured == self.scored else None


class VersionScores(msgspec.Struct, frozen=True):
    """``traces`` counts those that used each version; a version that none used is absent from both."""

    traces: Mapping[str, int]
    scores: list[PromptScore]


class _Uses(msgspec.Struct, frozen=True):
    version: str
    traces: int


class PromptScoreStore:
    """Reads what was stored, after ``flush``; traces out of the scope of whoever asks are not counted."""

    def __init__(self, telemetry: Telemetry, flush: Callable[[], Awaitable[None]], scope: ScopeOf = everything) -> None:
        self._telemetry = telemetry
        self._flush = flush
        self._scope = scope

    async def of(self, name: str) -> VersionScores:
        """All versions of a prompt. Raises ``StoreUnavailable``."""
        await settled(self._flush)
        seen = self._scope().condition()
        uses, values = _USES + seen.sql, {"name": name, **seen.parameters}
        counted = await self._telemetry.query(_TRACES % uses, values, _Uses)
        scores = await self._telemetry.query(_SCORES % (uses, uses), values, PromptScore) if counted else []
        return VersionScores({each.version: each.traces for each in counted}, scores)
