"""What is said of a trace beside its spans: to which experiment it belongs, tags, metadata, links. Each can be said again, and replaced."""

import time
from enum import StrEnum
from typing import Final

import msgspec

from storage.records import Row
from tracing.types import TraceProperties

__all__ = ("NOTHING_SAID", "SESSION", "USER", "PropertyKind", "TraceProperties", "TraceProperty", "property_row")

_TABLE: Final = "trace_properties"
SESSION: Final = "mlflow.trace.session"
"""The key of the metadata in which MLflow's client says a trace's session, where no span of it does."""

USER: Final = "mlflow.trace.user"
"""The same of its user."""

_encoder: Final = msgspec.json.Encoder()


class PropertyKind(StrEnum):
    """``RUN`` has a run's id as its key, ``PROMPT`` a prompt's ``name/version``; neither has a value."""

    INFO = "INFO"
    TAG = "TAG"
    METADATA = "METADATA"
    RUN = "RUN"
    PROMPT = "PROMPT"


class TraceProperty(msgspec.Struct, frozen=True):
    """One of them. ``value`` is ``None`` for one that is taken back."""

    trace_id: str
    kind: PropertyKind
    key: str
    value: str | None = ""


NOTHING_SAID: Final = TraceProperties()


class _PropertyRow(msgspec.Struct, frozen=True, omit_defaults=True):
    trace_id: str
    kind: str
    key: str
    version: int
    value: str = ""
    is_deleted: int = 0


def property_row(given: TraceProperty) -> Row:
    """The row to store: it replaces what was said before this moment."""
    row = _PropertyRow(given.trace_id, given.kind.value, given.key, time.time_ns(), given.value or "", is_deleted=int(given.value is None))
    return Row(_TABLE, _encoder.encode(row))
