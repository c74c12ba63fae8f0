"""LLM judges."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from config.settings.terms import Name, Seconds, Share

__all__ = ("JudgeSettings",)


class JudgeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An LLM judge that scores traces."""

    name: Name
    """What its scores are called: ``score.helpful`` in a filter."""

    instructions: str
    """What to judge, with ``{{ inputs }}``, ``{{ outputs }}`` or ``{{ trace }}`` where the data goes.

    Inputs and outputs are shown when none is named.
    """

    model: str
    """``provider/model`` or the name of a route; the judge's own calls pass through this gateway."""

    result: Literal["boolean", "number", "category"] = "boolean"
    """Type of the verdict."""

    choices: tuple[str, ...] = ()
    """The categories, when ``result`` is ``category``."""

    minimum: float | None = None
    """Smallest verdict, when ``result`` is ``number``. Default: no bound."""

    maximum: float | None = None
    """Largest verdict, when ``result`` is ``number``. Default: no bound."""

    sample: Share = 1.0
    """Share of the matching traces that is judged, chosen by a hash of the trace's id."""

    filter: str | None = None
    """Which traces, in the language of the traces page. Default: all that an app made."""

    online: bool = True
    """Whether new traces are judged as they are sealed. ``false``: only by ``tidegate judge run``."""

    max_tokens: Annotated[int, Meta(ge=16)] = 1024
    """Longest reply of the judging model, in tokens."""

    timeout: Seconds = 60.0
    """Hard limit of one call, in seconds."""

    concurrency: Annotated[int, Meta(ge=1, le=256)] = 4
    """Most calls under way at once."""

    max_attempts: Annotated[int, Meta(ge=1, le=20)] = 3
    """Calls made for one trace before it is given up as failed."""
