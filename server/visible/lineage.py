"""Which nodes of a lineage whoever asks may read."""

from collections.abc import Sequence

from registry.access.checks import may
from registry.access.requirements import Lookup
from registry.access.types import CALLER
from registry.lineage.types import Ref
from tracing.assessments import AssessmentStore
from tracing.store import TraceStore

__all__ = ("ReadableNodes",)


class ReadableNodes:
    """A run and a logged model are as open as their experiment, a judgement as its trace, versions and prompts as their name.

    ``traces`` gives those that may be read, and no others.
    """

    def __init__(self, lookup: Lookup, traces: TraceStore, assessments: AssessmentStore) -> None:
        self._lookup = lookup
        self._traces = traces
        self._assessments = assessments

    async def __call__(self, refs: Sequence[Ref]) -> set[Ref]:
        """Those of these that may be read."""
        caller = CALLER.get()
        if caller is None or caller.is_administrator:
            return set(refs)
        traces = await self._readable_traces(refs)
        return {ref for ref in refs if (traces.get(ref) if ref.kind in {"trace", "judgement"} else await self._may_read(ref))}

    async def _may_read(self, ref: Ref) -> bool:
        if ref.kind in {"model_version", "prompt"}:
            return may("read", "registered_model_version", ref.id.rpartition("/")[0])
        is_model = ref.kind == "logged_model"
        experiment = await (self._lookup.of_logged_model(ref.id) if is_model else self._lookup.of_run(ref.id))
        return experiment is None or may("read", "logged_model" if is_model else "run", experiment)

    async def _readable_traces(self, refs: Sequence[Ref]) -> dict[Ref, bool]:
        """Of each trace and judgement, whether it may be read."""
        judged = await self._assessments.by_id([ref.id for ref in refs if ref.kind == "judgement"])
        of = {ref: ref.id for ref in refs if ref.kind == "trace"}
        of |= {ref: found.trace_id for ref in refs if ref.kind == "judgement" and (found := judged.get(ref.id)) is not None}
        seen = set(await self._traces.seen(list(dict.fromkeys(of.values()))))
        return {ref: trace_id in seen for ref, trace_id in of.items()}
