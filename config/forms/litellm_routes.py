"""What LiteLLM says of all models at once, in ``router_settings`` and ``litellm_settings``: the settings of every route here.

https://docs.litellm.ai/docs/routing and https://docs.litellm.ai/docs/proxy/reliability . Where both sections have a setting, the router's counts.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from config.forms.reading import Reader, listed, made, plain, word
from config.suggest import closest, listing
from config.written import Entry, Node, child, items, text_of

__all__ = ("FALLBACKS", "SHARED", "Shared", "fallbacks_of", "shared")

SECTIONS: Final = ("router_settings", "litellm_settings")
SHARED: Final = ("num_retries", "allowed_fails", "cooldown_time", "disable_cooldowns")
"""Settings that both sections may hold, beside ``FALLBACKS``."""

FALLBACKS: Final[Mapping[str, str]] = {
    "fallbacks": "",
    "context_window_fallbacks": "context_window_exceeded",
    "content_policy_fallbacks": "content_policy",
}
"""Lists of ``{name: [other, …]}``, and the reason that leads to them here; ``""`` is any."""

EVERY: Final = "*"
STRATEGIES: Final[Mapping[str, str]] = {
    "simple-shuffle": "weighted",
    "latency-based-routing": "latency",
    "least-busy": "latency",
    "cost-based-routing": "cheapest",
}
UNSHARED: Final[Mapping[str, str]] = {
    "usage-based-routing": "its targets are drawn by weight; write strategy: latency, and limits, see docs/limits.md",
    "usage-based-routing-v2": "its targets are drawn by weight; write strategy: latency, and limits, see docs/limits.md",
    "provider-budget-routing": "its targets are drawn by weight; write limits: [{cost: …, window: …}], see docs/limits.md",
}
"""Strategies that count what each deployment has used, which nothing here does."""


class Shared(msgspec.Struct, frozen=True):
    """The settings of every route; ``fallbacks`` by reason, for each route its own."""

    settings: Mapping[str, Node]
    fallbacks: Mapping[str, Mapping[str, tuple[Node, ...]]]


def shared(root: Node, reader: Reader) -> Shared:
    """Read ``router_settings`` and ``litellm_settings``."""
    found = {
        "strategy": _strategy(root, reader),
        "retries": _named(root, reader, "num_retries"),
        "breaker": _breaker(root, reader),
        "on_unsupported": _unsupported(root, reader),
    }
    fallbacks = {reason: dict(_fallbacks(root, reader, key)) for key, reason in FALLBACKS.items()}
    for section in SECTIONS:
        path = f"{section}.default_fallbacks"
        if names := reader.items_of(child(child(root, section), "default_fallbacks"), path):
            fallbacks[""].setdefault(EVERY, names)
    return Shared({key: value for key, value in found.items() if value is not None}, fallbacks)


def fallbacks_of(name: Node, given: Shared, groups: Mapping[str, tuple[Node, ...]], reader: Reader) -> dict[str, Node | None]:
    """``fallbacks`` and ``fallbacks_for`` of one route. A name stands for all its targets; ``groups`` are those of each name."""
    found: dict[str, Node] = {}
    for reason, by_name in given.fallbacks.items():
        own = by_name.get(text_of(name) or "")
        # the default is for those that have none: and no model falls back on itself
        names = own if own is not None else tuple(each for each in by_name.get(EVERY, ()) if plain(each) != plain(name))
        targets = {plain(target): target for each in names for target in _targets(each, groups, reader)}
        if targets:
            found[reason] = listed(names[0].span, targets.values())
    special = {reason: targets for reason, targets in found.items() if reason}
    return {"fallbacks": found.get(""), "fallbacks_for": made(name.span, special) if special else None}


def _targets(node: Node, groups: Mapping[str, tuple[Node, ...]], reader: Reader) -> Iterator[Node]:
    named = groups.get(text_of(node) or "")
    if named is None:
        predicate = f"names {plain(node)!r}, which is not in model_list"
        path = reader.origins.get(node.span, "fallbacks")
        reader.note(node.span, path, path, predicate, f"use one of: {listing(groups)}", closest(str(plain(node)), groups))
    for target in named or ():
        yield word(node.span, str(plain(target)))


def _fallbacks(root: Node, reader: Reader, key: str) -> Iterator[tuple[str, tuple[Node, ...]]]:
    for section in reversed(SECTIONS):  # the router's come last, and stay
        path = f"{section}.{key}"
        for index, item in enumerate(reader.items_of(child(child(root, section), key), path)):
            for entry in reader.entries_of(item, f"{path}[{index}]"):
                _is_a_name(entry, root, reader, f"{path}[{index}]")
                here = f"{path}[{index}].{entry.key}"
                yield entry.key, tuple(reader.came_from(each, here) for each in reader.items_of(entry.value, here))


def _is_a_name(entry: Entry, root: Node, reader: Reader, path: str) -> None:
    names = {text_of(child(item, "model_name")) or "" for item in items(child(root, "model_list"))}
    if entry.key not in {EVERY, *names}:
        predicate = f"are for {entry.key!r}, which is not in model_list"
        reader.note(entry.key_span, path, path, predicate, f"use one of: {listing(names)}", closest(entry.key, names))


def _named(root: Node, reader: Reader, key: str) -> Node | None:
    """The setting of this name, in whichever section it stands."""
    for section in SECTIONS:
        node = child(child(root, section), key)
        if node is not None:
            return reader.came_from(node, f"{section}.{key}")
    return None


def _strategy(root: Node, reader: Reader) -> Node | None:
    node = child(child(root, "router_settings"), "routing_strategy")
    written, path = text_of(node) or "", "router_settings.routing_strategy"
    if node is None:
        return None
    if written in STRATEGIES:
        return word(node.span, STRATEGIES[written])
    if written in UNSHARED:
        reader.note(node.span, path, path, f"is {written!r}, which no route here has", UNSHARED[written], severity="warning")
        return None
    known = (*STRATEGIES, *UNSHARED)
    reader.note(node.span, path, path, f"must be one of {listing(known)}", "", closest(written, known))
    return None


def _breaker(root: Node, reader: Reader) -> Node | None:
    """``allowed_fails`` are those that change nothing; the breaker's are those that open it."""
    allowed, rest = _named(root, reader, "allowed_fails"), _named(root, reader, "cooldown_time")
    never = _named(root, reader, "disable_cooldowns")
    if never is not None and plain(never) is True:
        return made(never.span, {"failures": word(never.span, 0)})
    number = None if allowed is None else plain(allowed)
    failures = word(allowed.span, number + 1) if allowed is not None and isinstance(number, int) and number is not True else allowed
    found = {"failures": failures, "open": rest}
    span = next((node.span for node in found.values() if node is not None), root.span)
    return made(span, found) if failures is not None or rest is not None else None


def _unsupported(root: Node, reader: Reader) -> Node | None:
    """Whether parameters that a model does not know are left out, which is the default here, or refused, which is LiteLLM's."""
    node = child(child(root, "litellm_settings"), "drop_params")
    value = None if node is None else plain(node)
    if node is None or isinstance(value, bool):
        return None if node is None else word(node.span, "drop" if value else "error")
    reader.note(node.span, "litellm_settings.drop_params", "litellm_settings.drop_params", "must be true or false")
    return None
