"""Templates: which variables a text has, and the text with their values put in.

A variable is ``{{ name }}``: a letter or underscore, then letters, digits and underscores; names may be joined by dots
(``{{ user.name }}``), which is one name like any other; spaces within the braces do not matter.
Other braces are text, so that a prompt may hold JSON. What was meant as a variable and is none (``{{ user-name }}``), and blocks of
template languages (``{% if %}``), are refused when a version is registered rather than sent to a model as they stand.

A value is put in as it is and never read as a template, whatever it contains.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from registry.prompts.errors import PromptInvalid, VariablesRejected
from registry.prompts.types import Message

__all__ = ("check_template", "fill", "fill_messages", "match_variables", "variables_of")

VARIABLE: Final = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)\s*\}\}")
# Both are bounded, so that no text makes them slow.
ALMOST: Final = re.compile(r"\{\{\s{0,16}[A-Za-z_][\w.\-|\[\]() ]{0,64}?\s{0,16}\}\}", re.ASCII)
BLOCK: Final = re.compile(r"\{%-?\s{0,8}(?:if|for|set|raw|macro|include|extends|block|filter|with|call|import|from)\b")


def variables_of(template: str | list[Message]) -> list[str]:
    """Names of the variables in order of their first appearance."""
    found = (match.group(1) for text in _texts(template) for match in VARIABLE.finditer(text))
    return list(dict.fromkeys(found))


def check_template(template: str | list[Message]) -> None:
    """Raise ``PromptInvalid`` when the text holds what looks like a variable or a block and is not one."""
    for text in _texts(template):
        if block := BLOCK.search(text):
            raise PromptInvalid(
                f"the template holds {block.group()!r}; template languages are not run here",
                hint="Use {{ variable }} only, and choose between texts in the app, or with aliases.",
                code="prompt_template_invalid",
            )
        for match in ALMOST.finditer(text):
            if not VARIABLE.fullmatch(match.group()):
                raise PromptInvalid(
                    f"{match.group()!r} is not a variable: a name has letters, digits, underscores and dots only",
                    hint="Rename it, for instance {{ user_name }}.",
                    code="prompt_template_invalid",
                )


def match_variables(known: list[str], given: Mapping[str, object]) -> dict[str, str]:
    """The values as text, one for each known variable.

    Raises:
        VariablesRejected: names all that are missing, all that the template does not have, or a value that is not text or a number.
    """
    missing = tuple(sorted(set(known) - given.keys()))
    unknown = tuple(sorted(given.keys() - set(known)))
    if missing or unknown:
        raise VariablesRejected(_mismatch(missing, unknown), hint=_has(known), missing=missing, unknown=unknown)
    return {name: _text(name, given[name]) for name in known}


def fill(template: str, values: Mapping[str, str]) -> str:
    """The text with each variable replaced, in one pass. ``values`` holds every variable."""
    return VARIABLE.sub(lambda match: values[match.group(1)], template)


def fill_messages(messages: list[Message], values: Mapping[str, str]) -> list[dict[str, Any]]:
    """Chat messages with each variable replaced, in text and within parts (an image's URL, for instance)."""
    return [_map_text(msgspec.to_builtins(message), lambda text: fill(text, values)) for message in messages]


def _texts(template: str | list[Message]) -> Iterator[str]:
    if isinstance(template, str):
        yield template
    else:
        for message in template:
            yield from _walk(message.content)
            yield from _walk(message.tool_calls)


def _walk(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _walk(item)
    elif isinstance(value, dict):
        yield from _walk(list(value.values()))


def _map_text(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_map_text(item, change) for item in value]
    if isinstance(value, dict):
        return {key: _map_text(item, change) for key, item in value.items()}
    return value


def _text(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return str(value)
    raise VariablesRejected(
        f"the value of variable {name!r} is {type(value).__name__}; text or a number is expected",
        hint="Turn it into text in the app, so that the prompt holds what you mean.",
    )


def _mismatch(missing: tuple[str, ...], unknown: tuple[str, ...]) -> str:
    parts = [f"missing: {_names(missing)}"] if missing else []
    parts += [f"not in the template: {_names(unknown)}"] if unknown else []
    return f"the variables do not fit the prompt; {'; '.join(parts)}"


def _has(known: list[str]) -> str:
    return f"The prompt has the variables {_names(known)}." if known else "The prompt has no variables."


def _names(names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(repr(name) for name in names)
