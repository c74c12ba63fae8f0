"""Guardrails that could not do what they say: of no kind or of two, masks without findings, streams that could not be looked at."""

import re
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from typing import Final

import msgspec

from config.detection_checks import check_detection
from config.findings import Finding
from config.suggest import closest, listing
from config.written import Node, Scalar, child, items, span_of, text_of

__all__ = ("check_guardrails",)

KINDS: Final = ("detect", "moderation", "judge", "json_schema")
CheckModel = Callable[[Node | None, str, str], Iterator[Finding]]


def check_guardrails(root: Node, check_model: CheckModel) -> Iterator[Finding]:
    """Every guardrail, and every name of one in a route."""
    guardrails = items(child(root, "guardrails"))
    names = frozenset(filter(None, (text_of(child(each, "name")) for each in guardrails)))
    for index, guardrail in enumerate(guardrails):
        yield from _guardrail(guardrail, f"guardrails[{index}]", check_model)
    for number, route in enumerate(items(child(root, "routes"))):
        for index, node in enumerate(items(child(route, "guardrails"))):
            yield from _named(node, f"routes[{number}].guardrails[{index}]", names)


def _guardrail(guardrail: Node, path: str, check_model: CheckModel) -> Iterator[Finding]:
    subject = f"guardrail {text_of(child(guardrail, 'name')) or path!r}"
    kinds = [kind for kind in KINDS if not _is_nothing(child(guardrail, kind))]
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


def _action(guardrail: Node, path: str, subject: str, kind: str) -> Iterator[Finding]:
    if text_of(child(guardrail, "action")) == "mask" and kind != "detect":
        predicate = f"masks, and {kind} says of a text whether it may pass, not what in it must not"
        yield Finding(span_of(guardrail, "action"), f"{path}.action", subject, predicate, "write action: block or warn")


def _stream(guardrail: Node, path: str, subject: str, kind: str) -> Iterator[Finding]:
    if text_of(child(guardrail, "stream")) == "window" and kind != "detect":
        predicate = f"looks at streams through a window, and {kind} needs whole answers"
        yield Finding(span_of(guardrail, "stream"), f"{path}.stream", subject, predicate, "write stream: hold or refuse")


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
        return re.sub(r"\s+", " ", error.message)
    return "" if isinstance(document, dict) else "it is no object"


def _named(node: Node, path: str, names: AbstractSet[str]) -> Iterator[Finding]:
    name = text_of(node)
    if name is not None and name not in names:
        hint = f"define it under guardrails: (there are: {listing(names)})"
        yield Finding(node.span, path, path, f"names the guardrail {name!r}, which is not there", hint, closest(name, names))


def _is_nothing(node: Node | None) -> bool:
    return node is None or (isinstance(node, Scalar) and node.value is None)
