"""Every event that a webhook can be registered for, each with the example that a test sends.

The first table is MLflow's: names and fields are those its client knows. The second is ours; MLflow's client has no words for these, so
that they are registered and listed through ``/api/v1/webhooks`` alone.
"""

from collections.abc import Mapping
from typing import Any, Final

__all__ = ("EVENTS", "MLFLOW_EVENTS", "OWN_EVENTS")

Payload = Mapping[str, Any]

_TAG: Final = {"key": "team", "value": "search"}
_MODEL: Final = {"name": "ranker", "tags": {"team": "search"}, "description": "Orders what was found"}
_PROMPT: Final = {"name": "greeting", "tags": {"team": "support"}, "description": "The first sentence"}

MLFLOW_EVENTS: Final[Mapping[str, Payload]] = {
    "registered_model.created": _MODEL,
    "model_version.created": {
        "name": "ranker",
        "version": "1",
        "source": "models:/m-5d41402abc4b2a76b9719d911017c592",
        "run_id": "7d793037a0760186574b0282f2f435e7",
        "tags": {"team": "search"},
        "description": "Trained on the spring set",
    },
    "model_version_tag.set": {"name": "ranker", "version": "1", **_TAG},
    "model_version_tag.deleted": {"name": "ranker", "version": "1", "key": "team"},
    "model_version_alias.created": {"name": "ranker", "alias": "champion", "version": "1"},
    "model_version_alias.deleted": {"name": "ranker", "alias": "champion"},
    "prompt.created": _PROMPT,
    "prompt_version.created": {
        "name": "greeting",
        "version": "1",
        "template": "Good morning, {{ name }}.",
        "tags": {"team": "support"},
        "description": "Less formal",
    },
    "prompt_tag.set": {"name": "greeting", **_TAG},
    "prompt_tag.deleted": {"name": "greeting", "key": "team"},
    "prompt_version_tag.set": {"name": "greeting", "version": "1", **_TAG},
    "prompt_version_tag.deleted": {"name": "greeting", "version": "1", "key": "team"},
    "prompt_alias.created": {"name": "greeting", "alias": "production", "version": "1"},
    "prompt_alias.deleted": {"name": "greeting", "alias": "production"},
    "budget_policy.exceeded": {
        "budget_policy_id": "bp-900150983cd24fb0d6963f7d28e17f72",
        "budget_unit": "USD",
        "budget_amount": 100.0,
        "current_spend": 100.42,
        "duration_unit": "DAYS",
        "duration_value": 1,
        "target_scope": "GLOBAL",
        "workspace": "default",
        "target_value": None,
        "window_start": 1767225600000,
    },
}
"""Event to example payload, in MLflow's words."""

_STAGE: Final = {"name": "ranker", "version": "2", "from_stage": "Staging", "to_stage": "Production"}
_GATE: Final = {"gate": "release", "evaluation": "nightly", "metric": "helpful", "value": 0.81, "threshold": 0.9}
_ALERT: Final = {"alert": "error rate", "value": 0.12, "threshold": 0.05}

OWN_EVENTS: Final[Mapping[str, Payload]] = {
    "registered_model.renamed": {"name": "ranker", "new_name": "ranker-2"},
    "registered_model.deleted": {"name": "ranker"},
    "registered_model_tag.set": {"name": "ranker", **_TAG},
    "registered_model_tag.deleted": {"name": "ranker", "key": "team"},
    "model_version.transitioned": _STAGE,
    "model_version.deleted": {"name": "ranker", "version": "1"},
    "prompt.renamed": {"name": "greeting", "new_name": "hello"},
    "prompt.deleted": {"name": "greeting"},
    "prompt_version.deleted": {"name": "greeting", "version": "1"},
    "budget.warned": {"budget": "team-search", "spent": 80.1, "limit": 100.0, "unit": "USD"},
    "budget.exceeded": {"budget": "team-search", "spent": 100.42, "limit": 100.0, "unit": "USD"},
    "gate.passed": {**_GATE, "value": 0.93},
    "gate.failed": _GATE,
    "judge.failed": {
        "judge": "helpful",
        "version": "5eb63bbbe01eeed0",
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
        "error": "no verdict",
    },
    "judge.completed": {"judge": "helpful", "run": "backfill-7", "scored": 120, "failed": 2},
    "alert.fired": _ALERT,
    "alert.resolved": {**_ALERT, "value": 0.01},
}
"""Event to example payload, in ours."""

EVENTS: Final[Mapping[str, Payload]] = {**MLFLOW_EVENTS, **OWN_EVENTS}
