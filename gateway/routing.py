"""Which targets a model's name means. Pure: settings in, a table out; a name and a random number in, a plan out.

A name is, in this order: a route, or ``provider/model`` of a configured provider. Prompts are rendered before they come here.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from itertools import accumulate

import msgspec

from config.schema import RouteSettings, Settings
from gateway.errors import Misconfigured, ModelNotFound, PromptModelMissing
from gateway.types import Plan, Target

__all__ = ("Route", "RouteTable")


class Route(msgspec.Struct, frozen=True):
    """A route, ready to draw from. ``bounds`` are the cumulated weights of ``targets``."""

    name: str
    targets: tuple[Target, ...]
    bounds: tuple[float, ...]
    fallbacks: tuple[Target, ...]

    def plan(self, draw: float) -> Plan:
        """``draw`` is uniform in [0, 1). A fallback that was drawn as the target is not tried twice."""
        chosen = self.targets[bisect_right(self.bounds, draw * self.bounds[-1])]
        return Plan(self.name, (chosen, *(target for target in self.fallbacks if target != chosen)))


class RouteTable(msgspec.Struct, frozen=True):
    """All names that can be asked for."""

    routes: Mapping[str, Route]
    providers: frozenset[str]
    models: Mapping[str, tuple[str, ...]]

    @classmethod
    def from_settings(cls, settings: Settings, models: Mapping[str, tuple[str, ...]]) -> "RouteTable":
        """``models`` are the names each provider knows without asking. Raises ``Misconfigured``."""
        providers = frozenset(settings.providers)
        return cls({route.name: _route(route, providers) for route in settings.routes}, providers, models)

    def plan(self, model: str, draw: float) -> Plan:
        """Raises ``ModelNotFound``, which names what there is."""
        route = self.routes.get(model)
        if route is not None:
            return route.plan(draw)
        provider, slash, name = model.partition("/")
        if not slash or not name or provider not in self.providers:
            raise ModelNotFound(self._unknown(model), param="model")
        known = self.models.get(provider)
        if known and not any(name == each or name.startswith(f"{each}-") for each in known):
            raise ModelNotFound(self._unknown(model), param="model")
        return Plan("", (Target(provider, name),))

    def plan_prompt(self, prompt: str, model: str | None, draw: float) -> Plan:
        """Where a rendered prompt goes: to the model it names, else to the route ``default``, else to the first route.

        Where nothing but ``fake`` is configured, ``fake/echo`` answers. Raises ``PromptModelMissing`` otherwise.
        """
        if model:
            return self.plan(model, draw)
        name = "default" if "default" in self.routes else next(iter(self.routes), None)
        if name is not None:
            return self.plan(name, draw)
        if self.providers == {"fake"}:
            return self.plan("fake/echo", draw)
        raise PromptModelMissing(
            f"The prompt {prompt!r} names no model and no route stands in. Register a version with a 'model', or add a route named 'default'.",
            param="model",
        )

    def names(self) -> list[str]:
        """Every name that is known to be answered: routes first, then ``provider/model``."""
        return [*self.routes, *(f"{provider}/{model}" for provider, models in self.models.items() for model in models)]

    def _unknown(self, model: str) -> str:
        candidates = [*self.names(), *(f"{provider}/{model.rpartition('/')[2]}" for provider in sorted(self.providers))]
        close = get_close_matches(model, candidates, n=1, cutoff=0.5)
        suggestion = f" Did you mean {close[0]!r}?" if close else ""
        return f"The model {model!r} does not exist.{suggestion} Ask for a route ({_quoted(self.routes)}) or for 'provider/model' with a provider out of {_quoted(sorted(self.providers))}."


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names) or "none is configured"


def _route(settings: RouteSettings, providers: frozenset[str]) -> Route:
    targets = tuple(_target(target.model, settings.name, providers) for target in settings.targets if target.weight > 0)
    if not targets:
        raise Misconfigured(f"The route {settings.name!r} has no target with a weight above 0.")
    bounds = tuple(accumulate(target.weight for target in settings.targets if target.weight > 0))
    return Route(settings.name, targets, bounds, tuple(_target(model, settings.name, providers) for model in settings.fallbacks))


def _target(text: str, route: str, providers: frozenset[str]) -> Target:
    provider, slash, model = text.partition("/")
    if not slash or not model or provider not in providers:
        raise Misconfigured(
            f"The route {route!r} names {text!r}, which is not 'provider/model' of a configured provider; configured: {_quoted(sorted(providers))}."
        )
    return Target(provider, model)
