"""MLflow's second version of traces, which older clients speak: the same traces, in the older messages."""

from collections.abc import Mapping, Sequence
from uuid import uuid4

from registry.runs.checks import experiment_number
from registry.runs.experiments import active_experiment
from registry.runs.types import Metadata
from registry.traces import messages as wire
from registry.traces import older_messages as older
from registry.traces.identifiers import PREFIX, stored_id
from registry.traces.reading import TraceReader
from registry.traces.saying import info_properties, metadata_properties, placed, tag_properties
from registry.traces.service import TraceService
from registry.traces.times import check_ms, duration_ms, timestamp_ms
from registry.wire.tolerant import missing_value
from tracing.properties_store import PropertyStore

__all__ = ("TraceServiceV2",)


class TraceServiceV2:
    """What older clients do with traces. Methods raise the tree of ``registry.errors``."""

    def __init__(self, metadata: Metadata, reader: TraceReader, traces: TraceService, properties: PropertyStore) -> None:
        self._metadata = metadata
        self._reader = reader
        self._traces = traces
        self._properties = properties

    async def start(self, request: older.StartTrace) -> older.StartTrace.Response:
        """Begin a trace, and name it."""
        number = experiment_number(request.experiment_id or "0")
        check_ms(max(0, request.timestamp_ms or 0), "timestamp_ms")
        await self._metadata.read(lambda connection: active_experiment(connection, number))
        trace_id = f"{PREFIX}{uuid4().hex}"
        stored = stored_id(trace_id)
        self._properties.put(
            [
                *placed(trace_id, str(number)),
                *info_properties(stored, {"request_ms": str(request.timestamp_ms or 0), "state": wire.State.IN_PROGRESS.value}),
                *metadata_properties(stored, _texts(request.request_metadata)),
                *tag_properties(stored, _texts(request.tags)),
            ]
        )
        return older.StartTrace.Response(trace_info=await self._info(trace_id))

    async def end(self, request: older.EndTrace) -> older.EndTrace.Response:
        """Say how a trace ended."""
        check_ms(max(0, request.timestamp_ms or 0), "timestamp_ms")
        trace = await self._reader.one(request.request_id)
        status = request.status or older.TraceStatus.TRACE_STATUS_UNSPECIFIED
        state = None if status is older.TraceStatus.TRACE_STATUS_UNSPECIFIED else status.value
        took = None if request.timestamp_ms is None else str(max(0, request.timestamp_ms - trace.request_ms))
        self._properties.put(
            [
                *info_properties(trace.trace_id, {"state": state, "duration_ms": took}),
                *metadata_properties(trace.trace_id, _texts(request.request_metadata)),
                *tag_properties(trace.trace_id, _texts(request.tags)),
            ]
        )
        return older.EndTrace.Response(trace_info=await self._info(request.request_id))

    async def get_info(self, request: older.GetTraceInfo) -> older.GetTraceInfo.Response:
        """A trace without spans."""
        return older.GetTraceInfo.Response(trace_info=await self._info(request.request_id))

    async def search(self, request: older.SearchTraces) -> older.SearchTraces.Response:
        """A page of the traces of experiments."""
        if not request.experiment_ids:
            raise missing_value("experiment_ids")
        page = await self._traces.search(
            wire.SearchTracesV3(
                locations=[
                    wire.TraceLocation(mlflow_experiment=wire.MlflowExperimentLocation(experiment_id=each))
                    for each in request.experiment_ids
                ],
                filter=request.filter,
                max_results=request.max_results,
                order_by=request.order_by,
                page_token=request.page_token,
            )
        )
        return older.SearchTraces.Response(traces=[_older(info) for info in page.traces], next_page_token=page.next_page_token)

    async def _info(self, trace_id: str) -> older.TraceInfo:
        (info,) = await self._reader.infos([await self._reader.one(trace_id)])
        return _older(info)


def _older(info: wire.TraceInfoV3) -> older.TraceInfo:
    place = info.trace_location.mlflow_experiment if info.trace_location else None
    state = info.state or wire.State.STATE_UNSPECIFIED
    known = state is not wire.State.STATE_UNSPECIFIED
    return older.TraceInfo(
        request_id=info.trace_id or "",
        experiment_id=(place.experiment_id if place else None) or "0",
        timestamp_ms=timestamp_ms(info.request_time, "request_time") if info.request_time else 0,
        execution_time_ms=duration_ms(info.execution_duration, "execution_duration") if info.execution_duration else None,
        status=older.TraceStatus[state.value] if known else older.TraceStatus.TRACE_STATUS_UNSPECIFIED,
        request_metadata=_pairs(info.trace_metadata),
        tags=_pairs(info.tags),
    )


def _texts(pairs: Sequence[older.TextPair]) -> dict[str, str]:
    return {pair.key: pair.value for pair in pairs}


def _pairs(texts: Mapping[str, str]) -> list[older.TextPair]:
    return [older.TextPair(key=key, value=value) for key, value in texts.items()]
