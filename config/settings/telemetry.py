"""What is kept of traces, and where else spans go."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from config.secrets import Secret
from config.settings.detection import DetectionSettings
from config.settings.terms import Seconds

__all__ = ("OtlpExportSettings", "TelemetrySettings")


class OtlpExportSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A second OTLP endpoint that the gateway's own spans are exported to."""

    endpoint: str
    """Full URL, for instance ``https://collector.example/v1/traces``."""

    headers: dict[str, Secret] = {}
    """Request headers of the export, by name; for instance ``authorization: env:COLLECTOR_TOKEN``."""


class TelemetrySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is kept of a trace, and for how long."""

    retention_days: Annotated[int, Meta(ge=1, le=3650)] = 90
    """Days until a span is removed."""

    content: Literal["full", "none"] = "full"
    """Whether messages are stored beside the facts. ``none`` keeps token counts, cost and timing only."""

    redact: DetectionSettings | None = None
    """What is replaced in every span before it is written anywhere, those that come over OTLP too. Default: nothing."""

    seal_after: Seconds = 2.0
    """Quiet time after which a trace whose root was seen is sealed, and may be judged, in seconds."""

    seal_orphans_after: Seconds = 60.0
    """The same for a trace whose root never came."""

    otlp: OtlpExportSettings | None = None
    """Where else the gateway's spans go. Default: nowhere else."""
