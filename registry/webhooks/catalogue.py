"""Every event that a webhook can be registered for, each with the example that a test sends.

The first table is MLflow's: names and fields are those its client knows. The second is ours; MLflow's client has no words for these, so
that they are registered and listed through ``/api/v1/webhooks`` alone.
"""

from collections.abc import Mapping
from typing import Any, Final

__all__ = ("EVENTS", "MLFLOW_EVENTS", "OWN_EVENTS")

Payload = Mapping[str, Any]

_TAG: Final = {"key": "team", "value": "search"}
_EXAMPLE_TAG: Final = {"key": "example_key", "value": "example_value"}
_EXAMPLE_TAGS: Final = {"example_key": "example_value"}

MLFLOW_EVENTS: Final[Mapping[str, Payload]] = {
    "registered_model.created": {"name": "example_model", "tags": _EXAMPLE_TAGS, "description": "An example registered model"},
    "model_version.created": {
        "name": "example_model",
        "version": "1",
        "source": "models:/123",
        "run_id": "abcd1234abcd5678",
        "tags": _EXAMPLE_TAGS,
        "description": "An example model version",
    },
    "model_version_tag.set": {"name": "example_model", "version": "1", **_EXAMPLE_TAG},
    "model_version_tag.deleted": {"name": "example_model", "version": "1", "key": "example_key"},
    "model_version_alias.created": {"name": "example_model", "alias": "example_alias", "version": "1"},
    "model_version_alias.deleted": {"name": "example_model", "alias": "example_alias"},
    "prompt.created": {"name": "example_prompt", "tags": _EXAMPLE_TAGS, "description": "An example prompt"},
    "prompt_version.created": {
        "name": "example_prompt",
        "version": "1",
        "template": "Hello {{name}}!",
        "tags": _EXAMPLE_TAGS,
        "description": "An example prompt version",
    },
    "prompt_tag.set": {"name": "example_prompt", **_EXAMPLE_TAG},
    "prompt_tag.deleted": {"name": "example_prompt", "key": "example_key"},
    "prompt_version_tag.set": {"name": "example_prompt", "version": "1", **_EXAMPLE_TAG},
    "prompt_version_tag.deleted": {"name": "example_prompt", "version": "1", "key": "example_key"},
    "prompt_alias.created": {"name": "example_prompt", "alias": "example_alias", "version": "1"},
    "prompt_alias.deleted": {"name": "example_prompt", "alias": "example_alias"},
    "budget_policy.exceeded": {
        "budget_policy_id": "bp-abc123",
        "budget_unit": "USD",
        "budget_amount": 100.0,
        "current_spend": 105.5,
        "duration_unit": "MONTHS",
        "duration_value": 1,
        "target_scope": "ENDPOINT",
        "workspace": "default",
        "target_value": "ep-abc123",
        "window_start": 1704067200000,
    },
}
"""Event to example payload, word for word what MLflow's server sends for a test: receivers know a test by it."""

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
