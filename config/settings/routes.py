"""Model names of your own, and what answers to them."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from config.settings.cache import CacheSettings
from config.settings.limits import LimitSettings
from config.settings.resilience import BackoffSettings, BreakerSettings, HedgeSettings, OutlierSettings
from config.settings.terms import Name, Share

__all__ = ("ConditionSettings", "Fallbacks", "PromptTargetSettings", "RouteSettings", "ShadowSettings", "TargetSettings")

Fallbacks = tuple[str, ...]
Trigger = Annotated[
    str,
    Meta(
        pattern=r"^([45][0-9][0-9]|[45]xx|timeout|unreachable|broken|context_window_exceeded|content_policy)$",
        extra={"form": "a status (429, 4xx, 5xx), timeout, unreachable, broken, context_window_exceeded or content_policy", "scalar": True},
        extra_json_schema={"type": ["string", "integer"]},
    ),
]
"""Why an attempt failed: its status, or what kept it from having one. Written as a number or as a word."""

Test = Annotated[
    str,
    Meta(
        min_length=1, extra={"form": "one character or more", "scalar": True}, extra_json_schema={"type": ["string", "number", "boolean"]}
    ),
]
"""What a value must be: text with ``*`` for anything, ``a|b`` for either, ``!a`` for anything else, or ``> 100`` (``>=``, ``<``, ``<=``)."""


class ConditionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which requests a target is for: all that is listed must hold. A test is ``gold``, ``gold|silver``, ``eu-*``, ``!free``, ``> 4000``."""

    metadata: dict[str, Test] = {}
    """Members of the request's ``metadata``, by name. ``"*"`` holds when there is one, ``"!*"`` when there is none."""

    headers: dict[str, Test] = {}
    """Headers of the request, by name."""

    parameters: dict[str, Test] = {}
    """Members of the request's body, by name: ``stream: true``, ``max_tokens: "> 4000"``."""


class TargetSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the models that a route chooses from."""

    model: str
    """``provider/model``."""

    weight: Annotated[float, Meta(ge=0)] = 1.0
    """Share of the traffic, relative to the other targets: 95 and 5 send a canary one request in twenty."""

    when: ConditionSettings | None = None
    """Requests that this target is for. Where the conditions of some targets hold, one of those answers, else one that has none."""


class PromptTargetSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the prompts that a route renders."""

    prompt: str
    """``prompts:/name@alias`` or ``prompts:/name/version``."""

    weight: Annotated[float, Meta(ge=0)] = 1.0
    """Share of the traffic, relative to the other prompts."""


class ShadowSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model that gets a copy of requests. Its answers are recorded as traces of their own, marked, and reach no client."""

    model: str
    """``provider/model``."""

    share: Share = 1.0
    """Share of the route's requests that is copied."""


class RouteSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model name of your own, and what answers to it."""

    name: Name
    """What clients send as ``model``."""

    targets: Annotated[tuple[TargetSettings, ...], Meta(min_length=1)]
    """The models that answer, one chosen for each request by ``strategy``."""

    prompts: tuple[PromptTargetSettings, ...] = ()
    """Prompts that are rendered in front of the request's messages, one drawn for each request by weight. Default: none."""

    strategy: Literal["weighted", "latency", "cheapest"] = "weighted"
    """How a target is chosen: by weight; the faster of two drawn at random; or the lowest price per token, those without a known price last."""

    sticky: tuple[Literal["session", "user"], ...] = ()
    """What keeps requests on one target and one prompt: the first of these that a request has. ``session`` is ``x-tidegate-session-id``.

    A request with ``previous_response_id`` always goes to the target that made that response.
    """

    retries: Annotated[int, Meta(ge=0, le=10)] = 0
    """Most retries of a request, before its first byte: on another target of the route when there is one, else on the same after a wait."""

    retry_on: tuple[Trigger, ...] = ("429", "5xx", "unreachable", "broken")
    """Failures that are retried. A vendor's ``x-should-retry`` wins."""

    retry_budget: Share = 0.2
    """Most retries in proportion to the route's requests; one a second is always allowed."""

    backoff: BackoffSettings = BackoffSettings()
    """How long a retry waits."""

    fallbacks: Fallbacks = ()
    """``provider/model`` tried in order when a failure of ``fallback_on`` is left after the retries; never after the first byte."""

    fallback_on: tuple[Trigger, ...] = ("429", "5xx", "timeout", "unreachable", "broken")
    """Failures that lead to the next of ``fallbacks``. ``context_window_exceeded`` is read from the vendor's error;
    ``content_policy`` is that, an answer which the vendor's filter kept back, and one that a guardrail of the route blocks before its first byte is out."""

    fallbacks_for: dict[Trigger, Fallbacks] = {}
    """Other fallbacks for one reason: ``context_window_exceeded: [openai/gpt-4.1]``."""

    hedge: HedgeSettings | None = None
    """Send a second request when the first is slow. Default: never."""

    breaker: BreakerSettings = BreakerSettings()
    """When a target that fails is left alone."""

    outliers: OutlierSettings | None = None
    """When a target that does worse than its peers is left alone. Default: never."""

    shadows: tuple[ShadowSettings, ...] = ()
    """Models that get a copy of requests; the client never waits for them."""

    shadow_concurrency: Annotated[int, Meta(ge=1, le=1024)] = 16
    """Most copies of the route under way at once; beyond it a copy is left out."""

    task: Literal["chat", "completions", "embeddings"] = "chat"
    """What the route is for, as lists of routes tell it. Nothing is refused because of it."""

    on_unsupported: Literal["error", "drop", "forward"] = "drop"
    """What becomes of what the target's dialect has no words for, when it is not the client's: refuse the request, leave it out, or leave it
    out but for members that nobody here knows, which pass as they are. Names of what was left out are in ``x-tidegate-dropped``."""

    content: Literal["full", "hash", "none"] = "full"
    """What is stored of this route's messages and answers: all, the SHA-256 of each part, or nothing. ``telemetry.content: none`` wins."""

    guardrails: tuple[Name, ...] = ()
    """Which of ``guardrails`` stand over this route, in their order."""

    cache: CacheSettings | None = None
    """Give answers again to the same requests. Default: never."""

    limits: tuple[LimitSettings, ...] = ()
    """Ceilings for this route alone. ``per: all`` counts everybody who uses it."""
