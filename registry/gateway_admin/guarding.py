"""Guardrails of MLflow's API in the form of ours. Pure: what can be asked of a model in a sentence is; the rest says why it cannot.

MLflow's judges pass a text, ours find it breaking a rule: a rule is that the text fails what the judge is told. What MLflow would have rewritten
(``SANITIZATION``) is refused: nothing that fails passes.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from config.settings.guardrails import GuardJudgeSettings, GuardrailSettings
from registry.gateway_admin.policy_messages import GatewayGuardrail, GuardrailStage

__all__ = ("guardrail_of", "name_of")

_UNNAMED: Final = re.compile(r"[^A-Za-z0-9_.-]")

DEFAULT_MODEL: Final = "openai/gpt-4.1-mini"
"""What MLflow's judges use that name no model."""

_SLOT: Final = re.compile(r"\{\{\s*(?:inputs|outputs|trace|conversation)\s*\}\}")
_SCHEME: Final = re.compile(r"([A-Za-z0-9_.-]+):/+(.+)")


def name_of(guardrail: GatewayGuardrail) -> str:
    """What errors and headers call it: its name, which others may have too, and its own number. No name in a file has a colon."""
    return f"mlflow:{_UNNAMED.sub('-', guardrail.name)}-{guardrail.guardrail_id.removeprefix('gr-')[:8]}"


def guardrail_of(guardrail: GatewayGuardrail) -> GuardrailSettings | str:
    """A registered guardrail in the form of ours, or why it cannot be evaluated here."""
    if guardrail.scorer is None:
        return "its scorer is not there any more"
    try:
        scorer = msgspec.json.decode(guardrail.scorer.serialized_scorer, type=dict[str, Any])
    except msgspec.MsgspecError:
        return "its scorer cannot be read"
    found = _judged(scorer)
    if found is None:
        return f"the scorer {guardrail.scorer.scorer_name!r} is no judge with instructions, and neither Guidelines nor Safety"
    rule, model = found
    return GuardrailSettings(
        name=name_of(guardrail),
        on=("input",) if guardrail.stage is GuardrailStage.BEFORE else ("output",),
        timeout=60.0,
        judge=GuardJudgeSettings(model=_model(model), rule=rule),
    )


def _judged(scorer: Mapping[str, Any]) -> tuple[str, object] | None:
    """What a text must not be, and the model that is asked."""
    if (judge := scorer.get("instructions_judge_pydantic_data")) and isinstance(judge.get("instructions"), str):
        told = _SLOT.sub("the text", judge["instructions"])
        return f"it is answered 'no', or fails, by these instructions to a judge: {told}", judge.get("model")
    data = scorer.get("builtin_scorer_pydantic_data") or {}
    match scorer.get("builtin_scorer_class"):
        case "Safety":
            return "it holds harmful, offensive or toxic content, or asks for it.", data.get("model")
        case "Guidelines":
            given = data.get("guidelines")
            listed = [given] if isinstance(given, str) else given or []
            return f"it breaks one of these guidelines: {'; '.join(map(str, listed))}", data.get("model")
    return None


def _model(uri: object) -> str:
    """``gateway:/chat`` is a route, ``openai:/gpt-4o`` a model of a provider."""
    match = _SCHEME.fullmatch(uri) if isinstance(uri, str) else None
    if match is None:
        return DEFAULT_MODEL
    return match[2] if match[1] in ("gateway", "endpoints") else f"{match[1]}/{match[2]}"
