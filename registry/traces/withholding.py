"""What a client says of a trace before it is written anywhere: the settings that hold for spans hold for it too."""

from collections import Counter
from typing import Final

import msgspec

from config.schema import TelemetrySettings
from registry.traces.messages import TraceInfoV3
from tracing.redaction import Redactor
from tracing.types import Attribute

__all__ = ("Withholding",)

SAID: Final = ("mlflow.traceInputs", "mlflow.traceOutputs")
"""Metadata that repeats what was said."""


class Withholding:
    """Leaves out what was said where content is not kept, and replaces in it what is listed."""

    def __init__(self, settings: TelemetrySettings) -> None:
        self._kept = settings.content == "full"
        self._redactor = Redactor.of(settings.redact)

    def info(self, info: TraceInfoV3) -> TraceInfoV3:
        """What may be kept of it."""
        if not self._kept:
            rest = {key: value for key, value in info.trace_metadata.items() if key not in SAID}
            return msgspec.structs.replace(info, request_preview=None, response_preview=None, trace_metadata=rest)
        if self._redactor is None:
            return info
        said: dict[str, Attribute] = {key: info.trace_metadata[key] for key in SAID if key in info.trace_metadata}
        previews = {"request": info.request_preview, "response": info.response_preview}
        replaced = self._redactor.attributes({**said, **previews}, Counter[str]())
        return msgspec.structs.replace(
            info,
            request_preview=_text(replaced.pop("request")),
            response_preview=_text(replaced.pop("response")),
            trace_metadata={**info.trace_metadata, **{key: str(value) for key, value in replaced.items()}},
        )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
