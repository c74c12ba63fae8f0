"""What traces are linked to: runs, logged models, prompts, judgements. From either side, and a limited number for each."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from storage.telemetry import Telemetry
from tracing.barrier import settled

__all__ = ("JudgementLink", "TraceLink", "TraceLinks")

LinkKind = Literal["run", "logged_model", "prompt"]

_SPANS: Final = "spans WHERE project_id = 'default'"
_SAID: Final = "trace_properties FINAL WHERE project_id = 'default'"
_PLACES: Final[tuple[tuple[LinkKind, str, str], ...]] = (
    ("run", "run_id", f"{_SPANS} AND run_id != ''"),
    ("logged_model", "model_id", f"{_SPANS} AND model_id != ''"),
    ("prompt", "concat(prompt_name, '/', prompt_version)", f"{_SPANS} AND prompt_name != '' AND prompt_version != ''"),
    ("run", "key", f"{_SAID} AND kind = 'RUN'"),
    ("prompt", "key", f"{_SAID} AND kind = 'PROMPT'"),
    ("run", "value", f"{_SAID} AND kind = 'METADATA' AND key = 'mlflow.sourceRun'"),
    ("logged_model", "value", f"{_SAID} AND kind = 'METADATA' AND key = 'mlflow.modelId'"),
)
"""Where a link can stand: of what kind it is, the expression that names its other end, and the rows."""

_OF_TRACES: Final = " UNION ALL ".join(
    f"SELECT trace_id, '{kind}' AS link, {key} AS id FROM {rows} AND trace_id IN {{traces:Array(String)}}" for kind, key, rows in _PLACES
)
_TO_OTHERS: Final = " UNION ALL ".join(
    f"SELECT trace_id, '{kind}' AS link, {key} AS id FROM {rows} AND {key} IN {{{kind}:Array(String)}}" for kind, key, rows in _PLACES
)
_JUDGEMENTS: Final = """SELECT trace_id, assessment_id, name, metadata['mlflow.assessment.sourceRunId'] AS run_id FROM assessments FINAL
    WHERE project_id = 'default' AND valid
      AND (trace_id IN {traces:Array(String)} OR assessment_id IN {judgements:Array(String)}
           OR (metadata['mlflow.assessment.sourceRunId'] != '' AND metadata['mlflow.assessment.sourceRunId'] IN {runs:Array(String)}))
    ORDER BY created_at DESC LIMIT {limit:UInt32}"""
_NAMES: Final = """SELECT trace_id, argMin(name, start_time) AS name FROM spans
    WHERE project_id = 'default' AND is_root AND trace_id IN {traces:Array(String)} GROUP BY trace_id"""


class TraceLink(msgspec.Struct, frozen=True):
    """A trace, and what it is linked to: a run, a logged model, or ``name/version`` of a prompt."""

    trace_id: str
    link: LinkKind
    id: str


class JudgementLink(msgspec.Struct, frozen=True):
    """A judgement of a trace; ``run_id`` is the evaluation that made it, ``""`` where none did."""

    trace_id: str
    assessment_id: str
    name: str
    run_id: str


class _Name(msgspec.Struct, frozen=True):
    trace_id: str
    name: str


class TraceLinks:
    """Reads links. ``flush`` returns when everything journalled before is stored; ``settle`` waits for it, once for a whole question."""

    def __init__(self, telemetry: Telemetry, flush: Callable[[], Awaitable[None]]) -> None:
        self._telemetry = telemetry
        self._flush = flush

    async def settle(self) -> None:
        """From now on, what was journalled before is found."""
        await settled(self._flush)

    async def of_traces(self, trace_ids: Sequence[str], limit: int) -> list[TraceLink]:
        """What these traces are linked to; at most ``limit`` of each kind for each trace."""
        if not trace_ids:
            return []
        return await self._links(_OF_TRACES, "trace_id, link", {"traces": list(trace_ids)}, limit)

    async def to(self, ids: Mapping[LinkKind, Sequence[str]], limit: int) -> list[TraceLink]:
        """Which traces are linked to these, the newest identifiers first; at most ``limit`` for each."""
        if not any(ids.values()):
            return []
        return await self._links(_TO_OTHERS, "link, id", {kind: list(ids.get(kind, ())) for kind, _, _ in _PLACES}, limit)

    async def judgements(
        self, *, traces: Sequence[str] = (), judgements: Sequence[str] = (), runs: Sequence[str] = (), limit: int
    ) -> list[JudgementLink]:
        """Judgements of traces, by identifier, and of evaluations; the newest first."""
        if not (traces or judgements or runs):
            return []
        given = {"traces": list(traces), "judgements": list(judgements), "runs": list(runs), "limit": limit}
        return await self._telemetry.query(_JUDGEMENTS, given, JudgementLink)

    async def names(self, trace_ids: Sequence[str]) -> dict[str, str]:
        """What the first root span of each trace is called. Those that are not here are absent."""
        if not trace_ids:
            return {}
        found = await self._telemetry.query(_NAMES, {"traces": list(trace_ids)}, _Name)
        return {each.trace_id: each.name for each in found}

    async def _links(self, places: str, each: str, given: dict[str, Any], limit: int) -> list[TraceLink]:
        sql = f"SELECT DISTINCT trace_id, link, id FROM ({places}) ORDER BY trace_id DESC LIMIT {{limit:UInt32}} BY {each}"
        return await self._telemetry.query(sql, {**given, "limit": limit}, TraceLink)
