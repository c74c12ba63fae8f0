"""What a judge's verdicts come to, from the table of assessments."""

from collections.abc import Sequence

import msgspec

from evals.agreement import Pair
from storage.telemetry import Telemetry

__all__ = ("ScoreStore", "Scores")


Version = tuple[str, str]
"""A judge's name, and its version."""


class Scores(msgspec.Struct, frozen=True, kw_only=True):
    """Verdicts of one version of a judge. ``mean`` is over numbers, or the share of true; ``None`` when there are none of these."""

    count: int = 0
    mean: float | None = None
    categories: dict[str, int] = {}


class _Group(msgspec.Struct, frozen=True):
    judge_name: str
    judge_version: str
    value: str
    count: int
    total: float | None


_VERDICTS = """SELECT judge_name, judge_version, if(value_type IN ('NUMERIC', 'BOOLEAN'), '', value_text) AS value,
           count() AS count, sum(value_number) AS total
    FROM assessments FINAL
    WHERE project_id = 'default' AND judge_name IN {names:Array(String)}
      AND has(arrayZip({names:Array(String)}, {versions:Array(String)}), (toString(judge_name), judge_version))
      AND valid AND error_code = '' AND value_type != 'NONE'
    GROUP BY judge_name, judge_version, value ORDER BY count DESC, value LIMIT 100 BY judge_name, judge_version"""


_SAID = "if(value_type = 'BOOLEAN', if(value_number = 1, 'yes', 'no'), if(value_type = 'NUMERIC', toString(value_number), value_text))"
_PAIRS = f"""SELECT judged.said AS judge, looked.said AS human, count() AS count
    FROM (SELECT trace_id, argMax({_SAID}, updated_at) AS said FROM assessments FINAL
        WHERE project_id = 'default' AND judge_name = {{judge_name:String}} AND judge_version = {{judge_version:String}}
          AND valid AND error_code = '' AND value_type != 'NONE' GROUP BY trace_id) AS judged
    INNER JOIN (SELECT trace_id, argMax({_SAID}, updated_at) AS said FROM assessments FINAL
        WHERE project_id = 'default' AND source_type = 'HUMAN' AND kind = 'FEEDBACK' AND name = {{judge_name:String}}
          AND valid AND error_code = '' AND value_type != 'NONE' GROUP BY trace_id) AS looked USING (trace_id)
    GROUP BY judge, human ORDER BY count DESC, judge, human LIMIT 1000"""


class ScoreStore:
    """Reads the verdicts that are stored. Raises ``storage.errors.TelemetryUnavailable``."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    async def pairs(self, judge_name: str, judge_version: str) -> list[Pair]:
        """What one version and people said of the same traces, under the judge's name; of several people, the last."""
        return await self._telemetry.query(_PAIRS, {"judge_name": judge_name, "judge_version": judge_version}, Pair)

    async def of(self, versions: Sequence[Version]) -> dict[Version, Scores]:
        """Figures of each version, by one question for all: nearly all that one costs is to open the table."""
        parameters = {"names": [name for name, _ in versions], "versions": [version for _, version in versions]}
        groups = await self._telemetry.query(_VERDICTS, parameters, _Group) if versions else []
        return {version: _scores([group for group in groups if (group.judge_name, group.judge_version) == version]) for version in versions}


def _scores(groups: Sequence[_Group]) -> Scores:
    numbers = next((group for group in groups if not group.value and group.total is not None), None)
    return Scores(
        count=sum(group.count for group in groups),
        mean=numbers.total / numbers.count if numbers and numbers.total is not None else None,
        categories={group.value: group.count for group in groups if group.value},
    )
