"""Traces: announced, read, tagged, linked, removed."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from config.schema import TelemetrySettings
from registry.errors import BadRequest, InvalidParameterValue, ResourceDoesNotExist
from registry.reviews import store as review_store
from registry.runs.checks import experiment_number
from registry.runs.experiments import active_experiment
from registry.runs.types import Metadata, now_ms
from registry.search import next_token, offset_of
from registry.traces import messages as wire
from registry.traces.assessment_forms import new_assessment
from registry.traces.identifiers import PREFIX, stored_id
from registry.traces.known import DEFAULT_EXPERIMENT, SPANS, KnownTrace, trace_info
from registry.traces.reading import TraceReader
from registry.traces.saying import MAX_VALUE, check_tag, properties_of
from registry.traces.search import parse_search
from registry.traces.search_store import TraceFinder
from registry.traces.spans import file_span
from registry.traces.withholding import Withholding
from registry.workspaces.scope import scoped
from storage.errors import StorageError
from tracing.assessments import AssessmentStore
from tracing.errors import TracingError
from tracing.properties import PropertyKind, TraceProperties, TraceProperty
from tracing.properties_store import PropertyStore

__all__ = ("TraceService",)

MAX_LINKED: Final = 100
PATIENCE: Final = (0.0, 1.0, 2.0)
"""Seconds before each look for spans that a client counted and has not sent yet."""

ON_THEIR_WAY: Final = (0.01, 0.02, 0.04, 0.08, 0.16)
"""Seconds after each look for spans that come after what is said of their trace: the client sends both at the same time."""


class TraceService:
    """Everything that MLflow's client does with traces. Methods raise the tree of ``registry.errors``."""

    def __init__(
        self,
        metadata: Metadata,
        reader: TraceReader,
        finder: TraceFinder,
        properties: PropertyStore,
        assessments: AssessmentStore,
        settings: TelemetrySettings,
        saw_spans: Callable[[str], bool],
    ) -> None:
        self._withholding = Withholding(settings)
        self._retention_ms = settings.retention_days * 86_400_000
        self._metadata = metadata
        self._reader = reader
        self._finder = finder
        self._properties = properties
        self._assessments = assessments
        self._saw_spans = saw_spans

    async def start(self, request: wire.StartTraceV3) -> wire.StartTraceV3.Response:
        """Keep what is said of a trace. Its spans may come before or after; the same once more changes nothing.

        The answer says where the spans are if they are here: a client that reads nothing of it stores them as a file (``files``).
        """
        info = self._withholding.info(request.trace.trace_info)
        if not info.trace_id:
            raise InvalidParameterValue("Missing value for required parameter 'trace.trace_info.trace_id'.")
        place = info.trace_location.mlflow_experiment if info.trace_location else None
        number = experiment_number((place.experiment_id if place else None) or DEFAULT_EXPERIMENT)
        root = await self._metadata.read(lambda connection: active_experiment(connection, number).artifact_location)
        properties = properties_of(info, info.trace_id, str(number))
        stored, now = stored_id(info.trace_id), now_ms()
        assessments = [new_assessment(each, stored, now) for each in info.assessments]
        self._properties.put(properties)
        self._assessments.put(assessments)
        self._reader.announce(stored)
        known = KnownTrace(trace_id=stored, said=_said(properties), assessments=assessments)
        answered = trace_info(known, lambda _: root)
        if not await self._has_spans(known):
            del answered.tags[SPANS]
        return wire.StartTraceV3.Response(trace=wire.Trace(trace_info=answered))

    async def _has_spans(self, trace: KnownTrace) -> bool:
        for pause in ON_THEIR_WAY if trace.spans_expected else (0.0,):
            if self._saw_spans(trace.trace_id):
                return True
            await asyncio.sleep(pause)
        try:  # another process may have taken them, or this one before it was started again
            return any(found.summary for found in await self._reader.known([trace.trace_id]))
        except (StorageError, TracingError):  # what was said is kept all the same
            return True

    async def get_info(self, request: wire.GetTraceInfoV3) -> wire.GetTraceInfoV3.Response:
        """A trace without spans."""
        (info,) = await self._reader.infos([await self._reader.one(request.trace_id)])
        return wire.GetTraceInfoV3.Response(trace=wire.Trace(trace_info=info))

    async def get(self, request: wire.GetTrace) -> wire.GetTrace.Response:
        """A trace with its spans: all that its client counted, unless it takes what is there."""
        for pause in PATIENCE:
            await asyncio.sleep(pause)
            found = await self._reader.known([stored_id(request.trace_id)])
            if not found:
                raise ResourceDoesNotExist(f"Trace with ID {request.trace_id} is not found.")
            if request.allow_partial or self._is_whole(found[0]):
                return wire.GetTrace.Response(trace=(await self._reader.whole(found))[0])
        raise ResourceDoesNotExist(f"Trace with ID {request.trace_id} is not fully exported yet, please try again later.")

    async def get_file(self, request: wire.GetTraceArtifact) -> wire.GetTraceArtifact.Response:
        """The spans of a trace as a file: those that its client counted are waited for, and then it is what is there."""
        if not request.request_id:
            raise BadRequest('Request must include the "request_id" query parameter.')
        if request.path:
            raise InvalidParameterValue(
                f"Attachment '{request.path}' is an artifact: get it from the place in the tag mlflow.artifactLocation."
            )
        spans = await self._reader.spans(await self._awaited(request.request_id))
        return wire.GetTraceArtifact.Response(spans=[file_span(span) for span in spans])

    async def _awaited(self, trace_id: str) -> KnownTrace:
        """A trace with all spans that its client counted, or as it is when they do not come."""
        found = await self._reader.one(trace_id)
        for pause in PATIENCE[1:]:
            if self._is_whole(found):
                break
            await asyncio.sleep(pause)
            found = await self._reader.one(trace_id)
        return found

    def _is_whole(self, trace: KnownTrace) -> bool:
        """Whether no more spans will come: all are here, or they are as old as those that are removed."""
        return self._reader.complete(trace) or trace.request_ms < now_ms() - self._retention_ms

    async def batch_get(self, request: wire.BatchGetTraces) -> wire.BatchGetTraces.Response:
        """Traces with their spans."""
        found = await self._batch(request.trace_ids, request.experiment_ids)
        return wire.BatchGetTraces.Response(traces=await self._reader.whole(found))

    async def batch_get_infos(self, request: wire.BatchGetTraceInfos) -> wire.BatchGetTraceInfos.Response:
        """Traces without spans."""
        found = await self._batch(request.trace_ids, request.experiment_ids)
        return wire.BatchGetTraceInfos.Response(trace_infos=await self._reader.infos(found))

    async def search(self, request: wire.SearchTracesV3) -> wire.SearchTracesV3.Response:
        """A page of the traces of experiments."""
        places = [place.mlflow_experiment.experiment_id or "" for place in request.locations if place.mlflow_experiment]
        found, token = await self._page(places, request.filter, request.order_by, request.max_results, request.page_token)
        return wire.SearchTracesV3.Response(traces=await self._reader.infos(found), next_page_token=token)

    async def set_tag(self, request: wire.SetTraceTagV3) -> None:
        """Set a tag of a trace."""
        check_tag(request.key, "set")
        stored = await self._reader.stored(request.trace_id)
        self._properties.put([TraceProperty(stored, PropertyKind.TAG, request.key, (request.value or "")[:MAX_VALUE])])

    async def delete_tag(self, request: wire.DeleteTraceTagV3) -> None:
        """Remove a tag of a trace."""
        check_tag(request.key, "deleted")
        trace = await self._reader.one(request.trace_id)
        if request.key not in trace.said.tags:
            raise ResourceDoesNotExist(f"No trace tag with key '{request.key}' for trace with ID '{request.trace_id}'")
        self._properties.put([TraceProperty(trace.trace_id, PropertyKind.TAG, request.key, None)])

    async def delete(self, request: wire.DeleteTraces) -> wire.DeleteTraces.Response:
        """Remove traces of an experiment with all that is known of them; how many there were."""
        _check_deletion(request)
        experiment = str(experiment_number(request.experiment_id))
        if request.request_ids:
            known = await self._reader.known([stored_id(each) for each in request.request_ids])
            doomed = [trace.trace_id for trace in known if trace.experiment_id == experiment]
        else:
            doomed = await self._finder.older(experiment, request.max_timestamp_millis or 0, request.max_traces)
        if doomed:
            await self.erase(doomed, request.request_ids)
        return wire.DeleteTraces.Response(traces_deleted=len(doomed))

    async def older(self, experiment_id: str, milliseconds: int, limit: int | None) -> list[str]:
        """Stored ids of traces of an experiment that began by then, the oldest first."""
        return await self._finder.older(experiment_id, milliseconds, limit)

    async def erase(self, stored: Sequence[str], named: Sequence[str] = ()) -> None:
        """Remove traces with all that is known of them, and from the queues where they wait for a review. ``named``: as clients call them."""
        self._reader.forget(stored)
        await self._properties.erase(stored)
        gone = set(stored)
        items = [*(PREFIX + each for each in stored), *(each for each in named if stored_id(each) in gone)]
        await self._metadata.run(lambda connection: review_store.forget_items(connection, items))

    async def link_to_run(self, request: wire.LinkTracesToRun) -> None:
        """Say that traces belong to a run."""
        if len(request.trace_ids) > MAX_LINKED:
            raise InvalidParameterValue(
                f"Cannot link more than {MAX_LINKED} traces to a run in a single request. Provided {len(request.trace_ids)} traces."
            )
        self._properties.put([TraceProperty(stored_id(each), PropertyKind.RUN, request.run_id) for each in request.trace_ids])

    async def link_prompts(self, request: wire.LinkPromptsToTrace) -> None:
        """Say that prompts were used in a trace."""
        stored = await self._reader.stored(request.trace_id)
        keys = [f"{scoped(each.name)}/{each.version}" for each in request.prompt_versions]
        self._properties.put([TraceProperty(stored, PropertyKind.PROMPT, key) for key in keys])

    async def _batch(self, trace_ids: Sequence[str], experiment_ids: Sequence[str] | None) -> list[KnownTrace]:
        among = None if experiment_ids is None else {str(experiment_number(each)) for each in experiment_ids}
        found = await self._reader.known([stored_id(each) for each in trace_ids])
        return [trace for trace in found if among is None or trace.experiment_id in among]

    async def _page(
        self, experiments: Sequence[str], filter: str | None, order_by: Sequence[str], size: int, page_token: str | None
    ) -> tuple[list[KnownTrace], str | None]:
        if size < 1:
            raise InvalidParameterValue(f"Invalid value {size} for parameter 'max_results' supplied. It must be a positive integer")
        search = parse_search(filter, order_by)
        offset = offset_of(page_token)
        found = await self._finder.find([str(experiment_number(each)) for each in experiments], search, offset=offset, limit=size + 1)
        known = await self._reader.known(found[:size])
        return known, next_token(offset + size) if len(found) > size else None


def _said(properties: Sequence[TraceProperty]) -> TraceProperties:
    def of(kind: PropertyKind) -> dict[str, str]:
        return {each.key: each.value or "" for each in properties if each.kind is kind}

    return TraceProperties(info=of(PropertyKind.INFO), tags=of(PropertyKind.TAG), metadata=of(PropertyKind.METADATA))


def _check_deletion(request: wire.DeleteTraces) -> None:
    if (request.max_timestamp_millis is None) == (not request.request_ids):
        raise InvalidParameterValue("Either `max_timestamp_millis` or `trace_ids` must be specified, but not both.")
    if request.request_ids and request.max_traces is not None:
        raise InvalidParameterValue("`max_traces` can't be specified if `trace_ids` is specified.")
    if request.max_traces is not None and request.max_traces <= 0:
        raise InvalidParameterValue(f"`max_traces` must be a positive integer, received {request.max_traces}.")
