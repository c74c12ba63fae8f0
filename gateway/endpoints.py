"""Routes as MLflow knows them: endpoints of one task, with one model of one provider. Pure."""

from collections.abc import Mapping
from typing import Final

import msgspec

from config.schema import ProviderSettings, RouteSettings

__all__ = ("Endpoint", "endpoint_of")

TASKS: Final = {"chat": "llm/v1/chat", "completions": "llm/v1/completions", "embeddings": "llm/v1/embeddings"}


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One route. ``provider`` and ``model`` are those of its first target: MLflow's clients know one."""

    name: str
    task: str
    provider: str
    model: str


def endpoint_of(route: RouteSettings, providers: Mapping[str, ProviderSettings]) -> Endpoint:
    """A route in the form in which MLflow lists endpoints."""
    name, _, model = route.targets[0].model.partition("/")
    settings = providers.get(name)
    provider = settings.kind if settings is not None and settings.kind else name
    return Endpoint(name=route.name, task=TASKS[route.task], provider=provider, model=model)
