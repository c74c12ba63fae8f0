"""What to say of a model's name that nothing answers to: what is wrong with it, the nearest that is there, and how to have it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from config.providers import VENDORS

__all__ = ("unknown_model",)

NEAR = 0.6


def unknown_model(model: str, routes: Iterable[str], providers: Iterable[str], models: Mapping[str, Sequence[str]]) -> str:
    """The message for a model's name that nothing answers to.

    ``models`` are the models of each provider that knows all of its own; a provider that is absent there takes any name.
    """
    provider, slash, name = model.partition("/")
    configured = sorted(providers)
    if slash and provider in models:
        return f"{_missing(model)} {provider!r} has {_listed(f'{provider}/{each}' for each in models[provider])}.{_near(name, models[provider], f'{provider}/')}"
    if slash and (needed := _needed(provider)):
        return f"{_missing(model)} The provider {provider!r} is not configured: set {needed} where the server starts, or write it under 'providers:'."
    names = [*routes, *(f"{each}/{known}" for each in models for known in models[each])]
    if slash and name:
        vendors = [*configured, *(vendor.name for vendor in VENDORS)]
        close = get_close_matches(provider, vendors, n=1, cutoff=NEAR)
        suggestion = f" Did you mean {f'{close[0]}/{name}'!r}?" if close else ""
        return f"{_missing(model)}{suggestion} Providers are {_listed(configured)}; routes are {_listed(routes)}."
    return (
        f"{_missing(model)}{_near(model, names)} Ask for a route ({_listed(routes)}) or for 'provider/model' with a provider out of "
        f"{_listed(configured)}."
    )


def _missing(model: str) -> str:
    return f"The model {model!r} does not exist."


def _near(word: str, options: Iterable[str], prefix: str = "") -> str:
    by_end = {option.rpartition("/")[2]: option for option in options}
    close = get_close_matches(word, [*by_end, *by_end.values()], n=1, cutoff=NEAR)
    return f" Did you mean {prefix + by_end.get(close[0], close[0])!r}?" if close else ""


def _needed(provider: str) -> str | None:
    """The variables that make a vendor known, if it is one."""
    return next((vendor.needed for vendor in VENDORS if vendor.name == provider), None)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names) or "none is configured"
