"""What a client says of a trace, as the properties that are stored."""

from collections.abc import Iterable, Mapping
from typing import Final

from registry.errors import InvalidParameterValue
from registry.runs.checks import check_key, check_length
from registry.traces.identifiers import PREFIX, stored_id
from registry.traces.known import ARTIFACTS, SPANS
from registry.traces.messages import State, TraceInfoV3
from registry.traces.times import duration_ms, timestamp_ms
from tracing.properties import PropertyKind, TraceProperty

__all__ = ("BLOCKED_TAGS", "MAX_VALUE", "check_tag", "info_properties", "metadata_properties", "placed", "properties_of", "tag_properties")

MAX_KEY: Final = 250
MAX_VALUE: Final = 8000
FINAL: Final = "mlflow.trace.infoFinalized"
CLEARED: Final = "mlflow.trace.archivalFailure"
BLOCKED_TAGS: Final = frozenset({ARTIFACTS, SPANS, "mlflow.trace.archiveLocation", CLEARED})
"""Tags that the server makes."""


def properties_of(info: TraceInfoV3, trace_id: str, experiment_id: str) -> list[TraceProperty]:
    """All that an announced trace says. Raises ``InvalidParameterValue``."""
    stored = stored_id(trace_id)
    return [
        *placed(trace_id, experiment_id),
        *info_properties(
            stored,
            {
                "request_ms": str(timestamp_ms(info.request_time, "trace.trace_info.request_time")) if info.request_time else None,
                "duration_ms": _duration(info.execution_duration),
                "state": None if info.state in (None, State.STATE_UNSPECIFIED) else info.state.value,
                "client_request_id": info.client_request_id,
                "request_preview": info.request_preview,
                "response_preview": info.response_preview,
            },
        ),
        *metadata_properties(stored, {**info.trace_metadata, FINAL: "true"}),
        *tag_properties(stored, info.tags),
    ]


def placed(trace_id: str, experiment_id: str) -> Iterable[TraceProperty]:
    """That a trace belongs to an experiment, and its name, if that is not made of what it is stored under."""
    stored = stored_id(trace_id)
    own = None if PREFIX + stored == trace_id else trace_id
    return info_properties(stored, {"experiment_id": experiment_id, "id": own})


def info_properties(stored: str, info: Mapping[str, str | None]) -> Iterable[TraceProperty]:
    """What is known of it as a whole; ``None`` says nothing."""
    return [TraceProperty(stored, PropertyKind.INFO, key, value) for key, value in info.items() if value is not None]


def metadata_properties(stored: str, metadata: Mapping[str, str]) -> Iterable[TraceProperty]:
    """Metadata; what is too long is cut off, as MLflow does."""
    return [TraceProperty(stored, PropertyKind.METADATA, key[:MAX_KEY], value[:MAX_VALUE]) for key, value in metadata.items()]


def tag_properties(stored: str, tags: Mapping[str, str]) -> Iterable[TraceProperty]:
    """Tags, without those that the server makes."""
    given = {key: value for key, value in tags.items() if key not in BLOCKED_TAGS}
    return [TraceProperty(stored, PropertyKind.TAG, key[:MAX_KEY], value[:MAX_VALUE]) for key, value in given.items()]


def check_tag(key: str, done: str) -> None:
    """Refuse tags that the server makes, and keys that cannot be set. ``done`` is ``set`` or ``deleted``. Raises ``InvalidParameterValue``."""
    if key in BLOCKED_TAGS and not (done == "deleted" and key == CLEARED):
        raise InvalidParameterValue(f"Tag '{key}' is immutable and cannot be {done} on a trace.")
    if done == "set":
        check_key(key, "key")
        check_length("key", MAX_KEY, key)


def _duration(text: str | None) -> str | None:
    return None if text is None else str(duration_ms(text, "trace.trace_info.execution_duration"))
