"""Whom a model definition may name, by MLflow's names, and what they sell. Nothing here is stored: our vendors and the table of prices say it."""

import asyncio
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from config.providers import VENDORS
from registry.errors import InvalidParameterValue
from registry.gateway_admin.catalogue_messages import GetProviderConfig, ListSupportedModels, ListSupportedProviders, SupportedModel
from registry.gateway_admin.logins import logins
from registry.gateway_admin.mapping import ALIASES

if TYPE_CHECKING:
    from tracing.price_table import Sold

__all__ = ("provider_config", "supported_models", "supported_providers")

THEIRS: Final = {"fireworks": "fireworks_ai", "together": "together_ai", "vertex": "vertex_ai"}
"""MLflow's name of a vendor, where it has several or ours is another."""


async def supported_providers(request: ListSupportedProviders) -> ListSupportedProviders.Response:
    """Each vendor that the gateway knows."""
    return ListSupportedProviders.Response(providers=sorted(THEIRS.get(each.name, each.name) for each in VENDORS))


async def supported_models(request: ListSupportedModels) -> ListSupportedModels.Response:
    """Models that have a price for text. None of a vendor that is not known, or whose models are run by their users."""
    wanted = ALIASES.get(request.provider, request.provider)
    kinds = [each.name for each in VENDORS if wanted in {"", each.name}]
    # The table takes a quarter of a second to load, which the event loop must not.
    models = await asyncio.to_thread(lambda: [model for kind in kinds for model in _models(kind)])
    return ListSupportedModels.Response(models=models)


async def provider_config(request: GetProviderConfig) -> GetProviderConfig.Response:
    """The ways to log in. Raises ``InvalidParameterValue``."""
    if not request.provider:
        raise InvalidParameterValue("Provider parameter is required")
    name = request.provider.lower()
    modes = logins(ALIASES.get(name, name))
    return GetProviderConfig.Response(auth_modes=list(modes), default_mode=modes[0].mode)


def _models(kind: str) -> Iterator[SupportedModel]:
    from tracing.price_table import sold  # here, as it loads the whole table

    for each in sold(kind, time.time_ns()):
        yield SupportedModel(
            model=each.model,
            provider=THEIRS.get(kind, kind),
            mode=_mode(each),
            max_input_tokens=each.context_window,
            input_cost_per_token=each.input,
            output_cost_per_token=each.output,
        )


def _mode(model: "Sold") -> str | None:
    """What a model is for, as far as prices tell: what is paid for both ways talks."""
    if model.output is not None:
        return "chat"
    return "embedding" if "embed" in model.model else None
