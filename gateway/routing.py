"""Which targets a model's name means. Pure: settings in, a table out; a name in, a plan out.

A name is, in this order: a route, or ``provider/model`` of a configured provider. Prompts are rendered before they come here.
"""

from collections.abc import Mapping

import msgspec

from config.schema import Settings
from gateway.errors import ModelNotFound, PromptModelMissing
from gateway.resilience.compiling import compiled
from gateway.resilience.rules import Rules
from gateway.types import Plan, Target
from gateway.unknown_model import unknown_model

__all__ = ("ROUTED_ONLY", "Route", "RouteTable")

ROUTED_ONLY = ":"
"""A provider with this in its name, which no configuration can give, answers through routes alone: not every model of its account is meant."""


class Route(msgspec.Struct, frozen=True):
    """A route. ``rules`` is ``None`` for a plain one: a single target, and nothing to decide."""

    plan: Plan
    rules: Rules | None


class RouteTable(msgspec.Struct, frozen=True):
    """All names that can be asked for."""

    routes: Mapping[str, Route]
    providers: frozenset[str]
    models: Mapping[str, tuple[str, ...]]

    @classmethod
    def from_settings(cls, settings: Settings, models: Mapping[str, tuple[str, ...]]) -> "RouteTable":
        """The table of a configuration. ``models`` are the names that each provider knows without asking. Raises ``Misconfigured``."""
        providers = frozenset(settings.providers)
        compiled_routes = [compiled(route, providers) for route in settings.routes]
        routes = {rules.name: Route(Plan(rules.name, tuple(rules.targets())), None if rules.plain else rules) for rules in compiled_routes}
        addressable = frozenset(name for name in providers if ROUTED_ONLY not in name)
        return cls(routes, addressable, {name: known for name, known in models.items() if name in addressable})

    def plan(self, model: str) -> Plan:
        """The targets of a model's name. Raises ``ModelNotFound``, which names what there is."""
        route = self.routes.get(model)
        if route is not None:
            return route.plan
        provider, slash, name = model.partition("/")
        if not slash or not name or provider not in self.providers:
            raise ModelNotFound(self._unknown(model), param="model")
        known = self.models.get(provider)
        if known and not any(name == each or name.startswith(f"{each}-") for each in known):
            raise ModelNotFound(self._unknown(model), param="model")
        return Plan("", (Target(provider, name),))

    def plan_account(self, provider: str, model: str) -> Plan:
        """A plan for a request to a provider's account itself. Raises ``ModelNotFound`` when there is none of this name."""
        if provider not in self.providers:
            told = ", ".join(map(repr, sorted(self.providers)))
            raise ModelNotFound(f"The provider {provider!r} does not exist. There are: {told}.", param="provider")
        return Plan("", (Target(provider, model),))

    def plan_prompt(self, prompt: str, model: str | None) -> Plan:
        """Where a rendered prompt goes: to the model it names, else to the route ``default``, else to the first route.

        Where nothing but ``fake`` is configured, ``fake/echo`` answers. Raises ``PromptModelMissing`` otherwise.
        """
        if model:
            return self.plan(model)
        name = "default" if "default" in self.routes else next(iter(self.routes), None)
        if name is not None:
            return self.plan(name)
        if self.providers == {"fake"}:
            return self.plan("fake/echo")
        raise PromptModelMissing(
            f"The prompt {prompt!r} names no model and no route stands in. Register a version with a 'model', or add a route named 'default'.",
            param="model",
        )

    def names(self) -> list[str]:
        """Every name that is known to be answered: routes first, then ``provider/model``."""
        return [*self.routes, *(f"{provider}/{model}" for provider, models in self.models.items() for model in models)]

    def _unknown(self, model: str) -> str:
        closed = {name: known for name, known in self.models.items() if known}
        return unknown_model(model, self.routes, self.providers, closed)
