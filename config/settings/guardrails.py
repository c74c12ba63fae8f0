"""Settings of guardrails: rules about what is said."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from config.settings.detection import DetectionSettings
from config.settings.terms import Name

__all__ = ("GuardJudgeSettings", "GuardrailSettings", "ModerationSettings")


class ModerationSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A moderation endpoint that is asked about a text."""

    model: str = "openai/omni-moderation-latest"
    """``provider/model``, or a route; asked with ``/moderations`` in OpenAI's form."""

    categories: tuple[str, ...] = ()
    """Categories that count, as the endpoint names them. Default: each of them."""

    threshold: Annotated[float, Meta(ge=0, le=1)] | None = None
    """Score from which a category counts. Default: when the endpoint has flagged it."""


class GuardJudgeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model that is asked whether a text breaks a rule."""

    model: str
    """``provider/model``, or a route, that answers with JSON of a given schema."""

    rule: str
    """What must not be in the text, in a sentence: ``It gives medical advice.``"""


class GuardrailSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule about what is said: one of ``detect``, ``moderation``, ``judge`` and ``json_schema``."""

    name: Name
    """What errors, headers and spans call it."""

    on: Annotated[tuple[Literal["input", "output"], ...], Meta(min_length=1)] = ("input", "output")
    """Requests, answers, or both."""

    action: Literal["block", "mask", "warn"] = "block"
    """``block`` refuses the request or withholds the answer, ``mask`` replaces what ``detect`` finds, ``warn`` lets it pass and says so."""

    always: bool = False
    """Whether it stands over every request, also those for ``provider/model``. Default: over the routes that list it in ``guardrails``."""

    stream: Literal["window", "hold", "refuse"] | None = None
    """Streams: ``window`` holds back what may still become a finding, ``hold`` the whole answer, ``refuse`` refuses requests for a stream.

    Default: ``window`` for ``detect``, ``hold`` for the others, which judge whole answers alone.
    """

    on_error: Literal["block", "pass"] = "block"
    """What happens when it cannot be evaluated, since its model does not answer. ``pass`` says so in header and span."""

    timeout: Annotated[float, Meta(gt=0)] = 10.0
    """Longest time that a model is asked, in seconds."""

    detect: DetectionSettings | None = None
    """Words, patterns and personal data that must not be there."""

    moderation: ModerationSettings | None = None
    """A moderation endpoint decides."""

    judge: GuardJudgeSettings | None = None
    """A model decides."""

    json_schema: str | None = None
    """JSON Schema, as JSON text, that the text of an answer must fit."""
