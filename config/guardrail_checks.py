"""Checks of guardrails: of no kind or of two, masks without findings, streams that could not be looked at."""

import re
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from typing import Final

import msgspec

from config.detection_checks import check_detection
from config.findings import Finding
from config.suggest import closest, listing
from config.written import Node, Scalar, child, is_nothing, items, span_of, text_of

__all__ = ("check_guardrails",)

KINDS: Final = ("detect", "moderation", "judge", "json_schema")
CheckModel = Callable[[Node | None, str, str], Iterator[Finding]]


def check_guardrails(root: Node, check_model: CheckModel) -> Iterator[Finding]:
    """Every guardrail, and every name of one in a route."""
    guardrails = items(child(root, "guardrails"))
    names = frozenset(filter(None, (text_of(child(each, "name")) for each in guardrails)))
    for index, guardrail in enumerate(guardrails):
        yield from _guardrail(guardrail, f"guardrails[{index}]", check_model)
    listed = [items(child(route, "guardrails")) for route in items(child(root, "routes"))]
    for number, nodes in enumerate(listed):
        for index, node in enumerate(nodes):
            yield from _named(node, f"routes[{number}].guardrails[{index}]", names)
    yield from _idle(guardrails, {text_of(node) for nodes in listed for node in nodes})


def _guardrail(guardrail: Node, path: str, check_model: CheckModel) -> Iterator[Finding]:
    subject = f"guardrail {text_of(child(guardrail, 'name')) or path!r}"
    kinds = [kind for kind in KINDS if not is_nothing(child(guardrail, kind))]
    if len(kinds) != 1:
        predicate = f"is of {len(kinds)} kinds" if kinds else "looks at nothing"
        yield Finding(guardrail.span, path, subject, predicate, f"write one of {listing(KINDS)}")
        return
    yield from _action(guardrail, path, subject, kinds[0])
    yield from _stream(guardrail, path, subject, kinds[0])
    yield from check_detection(child(guardrail, "detect"), f"{path}.detect")
    yield from _schema(guardrail, path, subject)
    for asked in ("moderation", "judge"):
        yield from check_model(child(child(guardrail, asked), "model"), f"{path}.{asked}.model", subject)


def _idle(guardrails: tuple[Node, ...], used: AbstractSet[str | None]) -> Iterator[Finding]:
    for index, guardrail in enumerate(guardrails):
        name, always = text_of(child(guardrail, "name")), child(guardrail, "always")
        if name is not None and name not in used and not (isinstance(always, Scalar) and always.value is True):
            hint = "list it in guardrails: of a route, or write always: true"
            yield Finding(guardrail.span, f"guardrails[{index}]", f"guardrail {name!r}", "stands over nothing", hint, severity="warning")


def _action(guardrail: Node, path: str, subject: str, kind: str) -> Iterator[Finding]:
    if text_of(child(guardrail, "action")) == "mask" and kind != "detect":
        predicate = f"masks, and {kind} says of a text whether it may pass, not what in it must not"
        yield Finding(span_of(guardrail, "action"), f"{path}.action", subject, predicate, "write action: block or warn")


def _stream(guardrail: Node, path: str, subject: str, kind: str) -> Iterator[Finding]:
    if text_of(child(guardrail, "stream")) == "window" and kind != "detect":
        predicate = f"looks at streams through a window, and {kind} needs whole answers"
        yield Finding(span_of(guardrail, "stream"), f"{path}.stream", subject, predicate, "write stream: hold or refuse")
    if child(guardrail, "stream") is not None and [text_of(stage) for stage in items(child(guardrail, "on"))] == ["input"]:
        predicate = "says what it does with streams, and looks at requests alone"
        hint = "take stream out, or write on: [input, output]"
        yield Finding(span_of(guardrail, "stream"), f"{path}.stream", subject, predicate, hint, severity="warning")


def _schema(guardrail: Node, path: str, subject: str) -> Iterator[Finding]:
    node = child(guardrail, "json_schema")
    text = text_of(node)
    if node is None or text is None:
        return
    if [text_of(stage) for stage in items(child(guardrail, "on"))] != ["output"]:
        yield Finding(span_of(guardrail, "on"), f"{path}.on", subject, "has a schema, which answers must fit", "write on: [output]")
    if reason := _unreadable(text):
        yield Finding(node.span, f"{path}.json_schema", subject, f"has a schema that cannot be used: {reason}", "write JSON Schema as JSON")


def _unreadable(text: str) -> str:
    from jsonschema import SchemaError  # with the first schema: most files have none
    from jsonschema.validators import validator_for

    try:
        document = msgspec.json.decode(text)
        validator_for(document).check_schema(document)
    except msgspec.MsgspecError as error:
        return str(error)
    except SchemaError as error:
        reason = re.sub(r"\s+", " ", error.message)
        return f"at {error.json_path}, {reason}"
    if not isinstance(document, dict):
        return "it is no object"
    return next(
        (f"it refers to {reference!r}, and nothing is fetched" for reference in _references(document) if not reference.startswith("#")), ""
    )


def _references(schema: object) -> Iterator[str]:
    """Every ``$ref`` within."""
    if isinstance(schema, dict):
        yield from (value for key, value in schema.items() if key in ("$ref", "$dynamicRef") and isinstance(value, str))
    for each in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from _references(each)


def _named(node: Node, path: str, names: AbstractSet[str]) -> Iterator[Finding]:
    name = text_of(node)
    if name is not None and name not in names:
        hint = f"define it under guardrails: (there are: {listing(names)})"
        yield Finding(node.span, path, path, f"names the guardrail {name!r}, which is not there", hint, closest(name, names))
