"""Checks of routes and judges: names that must exist, names given twice, settings that contradict each other.

The checks read the written form rather than ``Settings``, so that they still run, and still know the places, when something else in the
file is wrong. Values of the wrong type were reported before, and are passed over here.
"""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Final

import msgspec

from config.cache_checks import check_caches
from config.condition_checks import check_conditions
from config.detection_checks import check_detection
from config.findings import Finding
from config.guardrail_checks import check_guardrails
from config.limit_checks import check_limits
from config.providers import VENDORS
from config.source import Span
from config.suggest import closest, listing
from config.written import Node, Scalar, child, entries, items, span_of, text_of

__all__ = ("JUDGE_VARIABLES", "check")

JUDGE_VARIABLES: Final = ("inputs", "outputs", "trace")
"""What stands between ``{{`` and ``}}`` in the instructions of a judge."""

PROMPT: Final = re.compile(r"prompts:/[^/@]+(?:@[^/@]+|/[0-9]+)?")
VARIABLE: Final = re.compile(r"\{\{\s*(.*?)\s*\}\}", re.DOTALL)


class Names(msgspec.Struct, frozen=True):
    """Names that a model may begin with (providers), and names that stand alone (routes)."""

    providers: AbstractSet[str]
    routes: AbstractSet[str]


def check(root: Node, providers: AbstractSet[str]) -> Iterator[Finding]:
    """Every contradiction in routes and judges; ``providers`` are the names that exist, written down or not."""
    routes, judges = items(child(root, "routes")), items(child(root, "judges"))
    names = Names(providers, frozenset(filter(None, (text_of(child(route, "name")) for route in routes))))
    for index, route in enumerate(routes):
        yield from _route(route, f"routes[{index}]", names)
    for index, judge in enumerate(judges):
        yield from _judge(judge, f"judges[{index}]", names)
    yield from check_limits(root, names.routes)
    yield from check_conditions(root)
    asked = partial(_asked, names=names)
    yield from check_caches(root, asked)
    yield from check_guardrails(root, asked)
    yield from _duplicates("guardrail", "guardrails", items(child(root, "guardrails")))
    yield from check_detection(child(child(root, "telemetry"), "redact"), "telemetry.redact")
    yield from _duplicates("limit", "limits", items(child(root, "limits")))
    yield from _duplicates("route", "routes", routes)
    yield from _duplicates("judge", "judges", judges)


def _route(route: Node, path: str, names: Names) -> Iterator[Finding]:
    subject = f"route {text_of(child(route, 'name')) or path!r}"
    targets = items(child(route, "targets"))
    for index, target in enumerate(targets):
        yield from _upstream(child(target, "model"), f"{path}.targets[{index}].model", subject, names)
    for key, fallback in _fallbacks(route):
        yield from _upstream(fallback, f"{path}.{key}", subject, names)
    for index, shadow in enumerate(items(child(route, "shadows"))):
        yield from _upstream(child(shadow, "model"), f"{path}.shadows[{index}].model", subject, names)
    for index, prompt in enumerate(items(child(route, "prompts"))):
        yield from _prompt(child(prompt, "prompt"), f"{path}.prompts[{index}].prompt", subject)
    for key, word in (("targets", "target"), ("prompts", "prompt")):
        yield from _weights(route, key, word, path, subject)


def _weights(route: Node, key: str, word: str, path: str, subject: str) -> Iterator[Finding]:
    weights = [child(each, "weight") for each in items(child(route, key))]
    if weights and all(isinstance(weight, Scalar) and weight.value == 0 and weight.value is not False for weight in weights):
        yield Finding(span_of(route, key), f"{path}.{key}", subject, f"gives every {word} the weight 0", "give one a weight above 0")


def _fallbacks(route: Node) -> Iterator[tuple[str, Node]]:
    """Every fallback with its place in the route."""
    for index, fallback in enumerate(items(child(route, "fallbacks"))):
        yield f"fallbacks[{index}]", fallback
    for entry in entries(child(route, "fallbacks_for")):
        for index, fallback in enumerate(items(entry.value)):
            yield f"fallbacks_for.{entry.key}[{index}]", fallback


def _prompt(node: Node | None, path: str, subject: str) -> Iterator[Finding]:
    text = text_of(node)
    if node is not None and text is not None and not PROMPT.fullmatch(text):
        predicate = f"names the prompt {text!r}, which is not of the form prompts:/name@alias"
        yield Finding(node.span, path, subject, predicate, "write prompts:/name@alias or prompts:/name/version")


def _upstream(node: Node | None, path: str, subject: str, names: Names) -> Iterator[Finding]:
    """Check a target or a fallback, which must be ``provider/model`` and not a route."""
    model = text_of(node)
    if node is None or model is None:
        return
    if "/" not in model and model in names.routes:
        yield Finding(node.span, path, subject, f"names {model!r}, which is a route", "write provider/model; routes do not lead to routes")
    else:
        yield from _provider_of(node.span, path, subject, model, names)


def _provider_of(span: Span, path: str, subject: str, model: str, names: Names) -> Iterator[Finding]:
    provider, slash, rest = model.partition("/")
    asked = path.startswith(("judges", "guardrails"))
    if not slash or not rest or not provider:
        near = _with_slash(model, names) or (closest(model, names.routes) if asked else None)
        predicate = f"names the model {model!r}, which is not of the form provider/model"
        alternative = f", or the name of a route ({listing(names.routes)})" if asked else ""
        yield Finding(span, path, subject, predicate, f"write provider/model{alternative}; providers: {listing(names.providers)}", near)
    elif "://" in model:
        yield Finding(span, path, subject, "names a URL as its model", "give it as base_url under providers:, and write provider/model")
    elif provider not in names.providers:
        near = closest(provider, names.providers) or closest(provider, (vendor.name for vendor in VENDORS), 0.75)
        predicate = f"names provider {provider!r}, which is not configured"
        yield Finding(
            span.narrowed(provider), path, subject, predicate, _how_to_get(near or provider, names), near if near != provider else None
        )
    elif rest != rest.strip():
        yield Finding(span, path, subject, f"names the model {model!r}, which has a space at an end", "take the space out")


def _with_slash(model: str, names: Names) -> str | None:
    """``provider/model`` for a name that is written as ``openai:gpt-4o`` or ``openai.gpt-4o``, as other tools write it."""
    found = re.match(r"([\w-]+)[:.](\S+)", model)
    return f"{found[1]}/{found[2]}" if found and found[1] in names.providers else None


def _how_to_get(provider: str, names: Names) -> str:
    variable = next((vendor.needed for vendor in VENDORS if vendor.name == provider and provider not in names.providers), None)
    start = f"set {variable}, or define it" if variable else "define it"
    return f"{start} under providers: (there are: {listing(names.providers)})"


def _judge(judge: Node, path: str, names: Names) -> Iterator[Finding]:
    subject = f"judge {text_of(child(judge, 'name')) or path!r}"
    yield from _asked(child(judge, "model"), f"{path}.model", subject, names)
    yield from _instructions(child(judge, "instructions"), f"{path}.instructions", subject)
    yield from _choices(judge, path, subject)
    yield from _bounds(judge, path, subject)


def _asked(node: Node | None, path: str, subject: str, names: Names) -> Iterator[Finding]:
    """Check the model of a judge or guardrail: ``provider/model``, or a route."""
    model = text_of(node)
    if node is not None and model is not None and model not in names.routes:
        yield from _provider_of(node.span, path, subject, model, names)


def _instructions(node: Node | None, path: str, subject: str) -> Iterator[Finding]:
    text = text_of(node)
    if node is None or text is None:
        return
    hint = f"use {', '.join('{{ ' + name + ' }}' for name in JUDGE_VARIABLES)}"
    for match in VARIABLE.finditer(text):
        if match[1] not in JUDGE_VARIABLES:
            predicate = f"asks for {{{{ {match[1]} }}}}, which no trace has"
            yield Finding(node.span.narrowed(match[0]), path, subject, predicate, hint, closest(match[1], JUDGE_VARIABLES))


def _choices(judge: Node, path: str, subject: str) -> Iterator[Finding]:
    result, given = text_of(child(judge, "result")) or "boolean", items(child(judge, "choices"))
    choices = [text for text in map(text_of, given) if text is not None]
    if result == "category" and len(given) < 2:
        hint = "list them: choices: [good, bad]"
        yield Finding(span_of(judge, "choices"), f"{path}.choices", subject, "needs two choices or more, as its result is a category", hint)
    if result != "category" and given:
        hint = "write result: category, or take choices out"
        yield Finding(span_of(judge, "choices"), f"{path}.choices", subject, f"has choices, and its result is {result!r}", hint)
    for index, choice in enumerate(choices):
        if choice in choices[:index]:
            yield Finding(given[index].span, f"{path}.choices[{index}]", subject, f"has the choice {choice!r} twice", "keep one of them")


def _bounds(judge: Node, path: str, subject: str) -> Iterator[Finding]:
    result = text_of(child(judge, "result")) or "boolean"
    for key in ("minimum", "maximum"):
        if result != "number" and _number(judge, key) is not None:
            hint = f"write result: number, or take {key} out"
            yield Finding(span_of(judge, key), f"{path}.{key}", subject, f"has a {key}, and its result is {result!r}", hint)
    low, high = _number(judge, "minimum"), _number(judge, "maximum")
    if low is not None and high is not None and low >= high:
        predicate = f"has the minimum {low:g}, which is not below its maximum {high:g}"
        yield Finding(span_of(judge, "minimum"), f"{path}.minimum", subject, predicate, "exchange them")


def _duplicates(noun: str, path: str, nodes: tuple[Node, ...]) -> Iterator[Finding]:
    first: dict[str, Span] = {}
    for index, node in enumerate(nodes):
        name, span = text_of(child(node, "name")), span_of(node, "name")
        if name is not None and first.setdefault(name, span) is not span:
            predicate = f"has the name of another, in {first[name].location}"
            yield Finding(span, f"{path}[{index}].name", f"{noun} {name!r}", predicate, "give one of them another name")


def _number(node: Node, key: str) -> float | None:
    found = child(node, key)
    value = found.value if isinstance(found, Scalar) else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
