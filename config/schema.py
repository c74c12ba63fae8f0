"""Validated settings: what every package is built from. Frozen; secrets are resolved; each name is a key of the YAML file.

Each subject is a file in ``config.settings``. The docstring under a field is its manual: meaning, unit, default, and what to use instead.
``docs/settings.md`` and the published JSON Schema are generated from them.
"""

import msgspec

from config.settings.cache import CacheSettings, CacheStoreSettings
from config.settings.detection import DetectionSettings
from config.settings.guardrails import GuardrailSettings
from config.settings.judges import JudgeSettings
from config.settings.limits import LimitSettings
from config.settings.providers import ProviderKind, ProviderSettings, TimeoutSettings
from config.settings.resilience import BackoffSettings, BreakerSettings, HedgeSettings, OutlierSettings
from config.settings.routes import ConditionSettings, Fallbacks, PromptTargetSettings, RouteSettings, ShadowSettings, TargetSettings
from config.settings.server import SecuritySettings, ServerSettings
from config.settings.storage import ArtifactSettings, JournalSettings, StorageSettings
from config.settings.telemetry import OtlpExportSettings, TelemetrySettings
from config.settings.terms import Name
from config.settings.webhooks import WebhookSettings

__all__ = (
    "ArtifactSettings",
    "BackoffSettings",
    "BreakerSettings",
    "CacheSettings",
    "CacheStoreSettings",
    "ConditionSettings",
    "DetectionSettings",
    "Fallbacks",
    "GuardrailSettings",
    "HedgeSettings",
    "JournalSettings",
    "JudgeSettings",
    "LimitSettings",
    "OtlpExportSettings",
    "OutlierSettings",
    "PromptTargetSettings",
    "ProviderKind",
    "ProviderSettings",
    "RouteSettings",
    "SecuritySettings",
    "ServerSettings",
    "Settings",
    "ShadowSettings",
    "StorageSettings",
    "TargetSettings",
    "TelemetrySettings",
    "TimeoutSettings",
    "WebhookSettings",
)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything. ``providers`` always holds ``fake``, and each vendor whose key stands in the environment."""

    server: ServerSettings = ServerSettings()
    """Address, port, limits of a request."""

    security: SecuritySettings = SecuritySettings()
    """Keys of this server, and the addresses it may reach."""

    storage: StorageSettings = StorageSettings()
    """Where traces, prompts and artifacts lie."""

    artifacts: ArtifactSettings = ArtifactSettings()
    """Where files of runs and models go."""

    telemetry: TelemetrySettings = TelemetrySettings()
    """What is kept of traces."""

    providers: dict[Name, ProviderSettings] = {}
    """Upstream accounts by name: ``provider/model`` reaches each without a route. ``fake`` is always there."""

    routes: tuple[RouteSettings, ...] = ()
    """Model names of ours."""

    limits: tuple[LimitSettings, ...] = ()
    """Ceilings on requests, tokens and money, for everything that passes through the gateway."""

    guardrails: tuple[GuardrailSettings, ...] = ()
    """Rules about what is said, for the routes that list them."""

    cache: CacheStoreSettings = CacheStoreSettings()
    """Where the answers of routes with a ``cache`` are kept."""

    judges: tuple[JudgeSettings, ...] = ()
    """LLM judges that score traces as they come in."""

    webhooks: WebhookSettings = WebhookSettings()
    """How events are delivered to webhooks."""
