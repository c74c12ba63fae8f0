"""Judges for the pages."""

from collections.abc import Sequence

from evals.agreement import Agreement
from evals.service import JudgeService
from server.ui.services import Judged, JudgeReport
from tracing.assessments import AssessmentStore

__all__ = ("PageJudges",)


class PageJudges:
    """Implements ``server.ui.services.Judges``."""

    def __init__(self, judges: JudgeService, assessments: AssessmentStore) -> None:
        self._judges = judges
        self._assessments = assessments

    async def reports(self) -> Sequence[JudgeReport]:
        """Every judge, by name."""
        return [JudgeReport(judge=report.judge, stats=report.stats, trouble=report.trouble) for report in await self._judges.reports()]

    async def agreement(self, name: str) -> Agreement:
        """How far people agree with a judge."""
        return await self._judges.agreement(name)

    async def recent(self, name: str, limit: int) -> Sequence[Judged]:
        """What a judge did last, newest first, each with its verdict."""
        lines = await self._judges.recent(name, limit)
        found = await self._assessments.by_id([line.assessment_id for line in lines if line.assessment_id])
        return [Judged(judgement=line, assessment=found.get(line.assessment_id)) for line in lines]
