"""Guardrails of settings."""

from config.schema import Settings
from config.settings.guardrails import GuardrailSettings
from gateway.guardrails.asking import AskingGuard
from gateway.guardrails.detecting import DetectGuard
from gateway.guardrails.evaluating import Ask, fits_schema, judged_by_model, moderated
from gateway.guardrails.policy import GuardrailPolicy
from gateway.guardrails.types import Guard

__all__ = ("guardrails_of",)


def guardrails_of(settings: Settings, ask: Ask) -> GuardrailPolicy | None:
    """The policy; ``None`` where no route is guarded and nothing always is."""
    guards = {each.name: guard(each, ask) for each in settings.guardrails}
    always = [each for each in guards.values() if each.settings.always]
    by_route = {
        route.name: [*always, *(guards[name] for name in route.guardrails if guards[name] not in always)]
        for route in settings.routes
        if route.guardrails
    }
    return GuardrailPolicy(by_route, always) if by_route or always else None


def guard(settings: GuardrailSettings, ask: Ask) -> Guard:
    """One guardrail. The checks of the configuration made sure that it is of exactly one kind."""
    if settings.detect is not None:
        from tracing.detection.build import detectors_of  # with it comes a library of patterns

        return DetectGuard(settings, detectors_of(settings.detect))
    if settings.moderation is not None:
        return AskingGuard(settings, moderated(settings.name, settings.moderation, ask))
    if settings.judge is not None:
        return AskingGuard(settings, judged_by_model(settings.name, settings.judge, ask))
    return AskingGuard(settings, fits_schema(settings.json_schema or "{}"))
