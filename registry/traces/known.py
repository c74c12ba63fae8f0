"""What is known of a trace, put together: what the client said of it wins over what its spans say."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from registry.traces.assessment_forms import assessment_message
from registry.traces.identifiers import wire_id
from registry.traces.messages import MlflowExperimentLocation, State, TraceInfoV3, TraceLocation, TraceLocationType
from registry.traces.times import duration_text, timestamp_text
from registry.workspaces.scope import unscoped
from tracing.payload import encode
from tracing.properties import NOTHING_SAID, SESSION, USER, TraceProperties
from tracing.times import nanoseconds
from tracing.types import Assessment, Status, TraceSummary

__all__ = ("ARTIFACTS", "DEFAULT_EXPERIMENT", "NAME", "SESSION", "SPANS", "USER", "KnownTrace", "trace_info")

DEFAULT_EXPERIMENT: Final = "0"
"""Where traces are that nobody put into an experiment: those of the gateway, and of exporters that know of none."""

NAME: Final = "mlflow.traceName"
ARTIFACTS: Final = "mlflow.artifactLocation"
SPANS: Final = "mlflow.trace.spansLocation"
PROMPTS: Final = "mlflow.linkedPrompts"
USAGE: Final = "mlflow.trace.tokenUsage"
COST: Final = "mlflow.trace.cost"
SIZES: Final = "mlflow.trace.sizeStats"
MAX_PREVIEW: Final = 1000
MILLION: Final = 1_000_000

_STATES: Final = {Status.UNSET: State.OK, Status.OK: State.OK, Status.ERROR: State.ERROR, Status.INTERRUPTED: State.ERROR}


class KnownTrace(msgspec.Struct, frozen=True, kw_only=True):
    """A trace from all sides. ``summary`` is ``None`` while no span of it is stored."""

    trace_id: str
    said: TraceProperties = NOTHING_SAID
    summary: TraceSummary | None = None
    assessments: list[Assessment] = []

    @property
    def wire_id(self) -> str:
        """The trace's id as clients know it."""
        return wire_id(self.trace_id, self.said.info.get("id"))

    @property
    def experiment_id(self) -> str:
        """The experiment it belongs to."""
        return self.said.info.get("experiment_id") or DEFAULT_EXPERIMENT

    @property
    def request_ms(self) -> int:
        """When the trace began, in milliseconds since the epoch."""
        if given := self.said.info.get("request_ms"):
            return int(given)
        return nanoseconds(self.summary.start_time) // MILLION if self.summary else 0

    @property
    def duration_ms(self) -> int | None:
        """How long the trace took, in milliseconds; ``None`` while it has not ended."""
        if given := self.said.info.get("duration_ms"):
            return int(given)
        return int(self.summary.duration_ms) if self.summary and self.state is not State.IN_PROGRESS else None

    @property
    def state(self) -> State:
        """The state of the trace, in MLflow's words."""
        if given := self.said.info.get("state"):
            return State[given]
        if self.summary is None:
            return State.STATE_UNSPECIFIED
        if not self.summary.root_seen and "experiment_id" in self.said.info:
            return State.IN_PROGRESS
        return _STATES[self.summary.status]

    @property
    def spans_expected(self) -> int:
        """How many spans the client counted."""
        try:
            return msgspec.json.decode(self.said.metadata.get(SIZES, "{}"), type=_Sizes).num_spans
        except msgspec.MsgspecError:
            return 0


class _Sizes(msgspec.Struct):
    num_spans: int = 0


def trace_info(known: KnownTrace, artifacts_of: Callable[[str], str]) -> TraceInfoV3:
    """The message. ``artifacts_of`` gives the place of an experiment's artifacts."""
    said, summary = known.said.info, known.summary
    location = TraceLocation(
        type=TraceLocationType.MLFLOW_EXPERIMENT, mlflow_experiment=MlflowExperimentLocation(experiment_id=known.experiment_id)
    )
    return TraceInfoV3(
        trace_id=known.wire_id,
        client_request_id=said.get("client_request_id"),
        trace_location=location,
        request_preview=said.get("request_preview") or _preview(summary.input_preview if summary else ""),
        response_preview=said.get("response_preview") or _preview(summary.output_preview if summary else ""),
        request_time=timestamp_text(known.request_ms),
        execution_duration=None if known.duration_ms is None else duration_text(known.duration_ms),
        state=known.state,
        trace_metadata={**_metadata(summary), **known.said.metadata},
        assessments=[assessment_message(each, known.wire_id) for each in known.assessments],
        tags=_tags(known, artifacts_of(known.experiment_id)),
    )


def _preview(text: str) -> str | None:
    return text[:MAX_PREVIEW] or None


def _tags(known: KnownTrace, artifacts: str) -> dict[str, str]:
    own: dict[str, str] = {}
    if known.summary is not None:
        own[NAME] = known.summary.name
        own |= dict(tag.split("=", 1) for tag in known.summary.tags if "=" in tag)
    if known.said.prompts:
        own[PROMPTS] = encode([dict(zip(("name", "version"), unscoped(key).rsplit("/", 1), strict=True)) for key in known.said.prompts])
    place = f"{artifacts.rstrip('/')}/traces/{known.wire_id}/artifacts"
    return {**own, **known.said.tags, ARTIFACTS: place, SPANS: "TRACKING_STORE"}


def _metadata(summary: TraceSummary | None) -> dict[str, str]:
    """What spans say of a trace, under MLflow's names."""
    if summary is None:
        return {}
    named = {SESSION: summary.session_id, USER: summary.user_id, USAGE: _usage(summary), COST: _cost(summary)}
    return {key: value for key, value in named.items() if value}


def _usage(summary: TraceSummary) -> str:
    given, said = summary.input_tokens, summary.output_tokens
    if given is None and said is None:
        return ""
    return encode({"input_tokens": given or 0, "output_tokens": said or 0, "total_tokens": (given or 0) + (said or 0)})


def _cost(summary: TraceSummary) -> str:
    if summary.cost is None:
        return ""
    amounts: dict[str, Any] = {"input_cost": summary.input_cost, "output_cost": summary.output_cost, "total_cost": summary.cost}
    return encode({name: float(amount) for name, amount in amounts.items() if amount is not None})
