"""YAML text to the written form.

Plain scalars are read by YAML 1.2's core schema (https://yaml.org/spec/1.2.2/#103-core-schema), so that ``choices: [yes, no]`` holds two
words and ``1e3`` is a number; PyYAML's own rules are those of YAML 1.1. Merge keys (``<<``) and aliases work.
"""

import re
from collections.abc import Callable
from typing import Final

import msgspec
import yaml

from config.findings import Finding
from config.source import Source, Span
from config.syntax import explain, invisible
from config.written import Entry, Mapping, Node, Scalar, Sequence, entries

__all__ = ("Parsed", "parse")

MAX_NODES: Final = 100_000
TAG: Final = "tag:yaml.org,2002:"
LEADING_TABS: Final = re.compile(r"^[ \t]*\t", re.MULTILINE)
TEMPLATE: Final = re.compile(r"\{\{\s*(?:env\.)?(\w+)\s*\}\}")


class Parsed(msgspec.Struct, frozen=True):
    """The tree, and what could not be read. ``root`` is ``None`` when there is no tree at all.

    ``values`` are the places of all values in the text, also of those that are not in the tree (a second value of the same key).
    """

    root: Node | None
    findings: tuple[Finding, ...] = ()
    values: tuple[Span, ...] = ()


def parse(source: Source) -> Parsed:
    """Read YAML text. Never raises: what is wrong becomes a finding."""
    try:
        composed = yaml.compose(_without_tabs(source.text), Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mistake = explain(error, source.text)
        return Parsed(None, (_syntax(source, mistake.index, mistake.reason, mistake.fix),))
    except yaml.reader.ReaderError as error:
        return Parsed(None, (_syntax(source, error.position, "a character that YAML does not allow", "take it out"),))
    except (ValueError, OverflowError):  # an escape such as "\UFFFFFFFF", which PyYAML hands to chr() unchecked
        return Parsed(None, (_syntax(source, 0, "an escape that names no character", "use single quotes, which leave backslashes alone"),))
    except RecursionError:
        return Parsed(None, (_syntax(source, 0, "nesting that is too deep", "settings are never so deep"),))
    return _read(source, composed)


class _Loader(yaml.SafeLoader):
    """PyYAML up to its node tree, with the core schema's implicit tags."""


_Loader.yaml_implicit_resolvers = {}
for _name, _pattern in (
    ("null", r"(?:~|null|Null|NULL|)"),
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)"),
    ("int", r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)"),
    ("float", r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))"),
    ("merge", r"<<"),
):
    _Loader.add_implicit_resolver(TAG + _name, re.compile(rf"^{_pattern}\Z"), None)


def _whole(text: str) -> int:
    return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


def _real(text: str) -> float:
    return float(re.sub(r"\.(inf|nan)", r"\1", text, flags=re.IGNORECASE))


def _text(text: str) -> str:
    """JSON writes what lies beyond 16 bits as two halves, to be joined; a half alone, which nobody downstream can write, raises."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16")


_READ: Final[dict[str, Callable[[str], str | int | float | bool | None]]] = {
    TAG + "null": lambda _: None,
    TAG + "bool": lambda text: text.lower() == "true",
    TAG + "int": _whole,
    TAG + "float": _real,
    TAG + "str": _text,
    TAG + "merge": _text,
}


def _syntax(source: Source, index: int, reason: str, fix: str) -> Finding:
    start = min(index, len(source.text))
    return Finding(span=Span(source, start, start + 1), path="", subject="YAML", predicate=f"cannot be read: {reason}", hint=fix)


def _without_tabs(text: str) -> str:
    """JSON is YAML but for the tabs that it may be indented with: each becomes a space, so that all places stay."""
    return LEADING_TABS.sub(lambda found: " " * len(found[0]), text) if text.lstrip().startswith("{") else text


def _read(source: Source, composed: yaml.Node | None) -> Parsed:
    reader = _Reader(source)
    try:
        root = reader.node(composed, "") if composed is not None else Mapping(Span(source))
    except (_TooMuchError, RecursionError):
        return Parsed(
            None, (_syntax(source, 0, f"aliases unfold to more than {MAX_NODES} values or nest too deeply", "write out what is meant"),)
        )
    return Parsed(root, tuple(reader.findings), tuple(reader.values))


class _TooMuchError(Exception):
    """A few aliases of aliases can stand for billions of values."""


class _Reader:
    """Turns PyYAML's nodes into ours, noting what it cannot."""

    def __init__(self, source: Source) -> None:
        self.findings: list[Finding] = []
        self.values: list[Span] = []
        self._source = source
        self._left = MAX_NODES
        self._open: set[int] = set()

    def node(self, node: yaml.Node, path: str) -> Node:
        self._left -= 1
        if self._left < 0 or id(node) in self._open:
            raise _TooMuchError
        self._open.add(id(node))
        try:
            return self._dispatch(node, path)
        finally:
            self._open.discard(id(node))

    def _dispatch(self, node: yaml.Node, path: str) -> Node:
        if isinstance(node, yaml.MappingNode):
            return self._template(node, path) or self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return Sequence(self._span(node), tuple(self.node(item, f"{path}[{index}]") for index, item in enumerate(node.value)))
        return self._scalar(node, path)

    def _template(self, node: yaml.MappingNode, path: str) -> Scalar | None:
        """``{{ NAME }}`` without quotes, which YAML reads as keys of keys."""
        found = TEMPLATE.fullmatch(self._source.text, node.start_mark.index, node.end_mark.index)
        if found is None:
            return None
        self._note(node, path, f"has {found[0]} without quotes, which YAML takes for keys", f"write env:{found[1]}, or '{found[0]}'")
        return Scalar(self._span(node), None)

    def _scalar(self, node: yaml.Node, path: str) -> Scalar:
        self.values.append(self._span(node))
        read = _READ.get(node.tag)
        if read is None:
            self._note(node, path, f"has a tag, {node.tag.removeprefix(TAG)!r}, that settings cannot have", "write the value plainly")
            return Scalar(self._span(node), None)
        try:
            return Scalar(self._span(node), read(node.value))
        except (ValueError, OverflowError):
            wrong = "is a number of more digits than any setting has" if node.tag == TAG + "int" else "is no text that can be written"
            self._note(node, path, wrong, "put quotes around it if it is text")
            return Scalar(self._span(node), None)

    def _mapping(self, node: yaml.MappingNode, path: str) -> Mapping:
        seen: dict[str, Entry] = {}
        merged: list[Entry] = []
        for key, value in node.value:
            if key.tag == TAG + "merge":
                merged += self._merged(value, path)
            elif (entry := self._entry(key, value, path)) and (first := seen.setdefault(entry.key, entry)) is not entry:
                self._note(key, path, f"has the key {entry.key!r} twice, first in line {first.key_span.line}", "keep one of them")
        for entry in merged:
            seen.setdefault(entry.key, entry)
        return Mapping(self._span(node), tuple(seen.values()))

    def _entry(self, key: yaml.Node, value: yaml.Node, path: str) -> Entry | None:
        if not isinstance(key, yaml.ScalarNode) or not key.value.isprintable():
            strange = invisible(key.value) if isinstance(key, yaml.ScalarNode) else ""
            with_it = f" but has {strange} in it" if strange else ""
            self._note(key, path, f"has a key that is not a word{with_it}", "a key is one word before a colon")
            self.values.append(self._span(key))
            self.node(value, path)
            return None
        name: str = key.value
        return Entry(name, self._span(key), self.node(value, f"{path}.{name}" if path else name))

    def _merged(self, value: yaml.Node, path: str) -> list[Entry]:
        given = value.value if isinstance(value, yaml.SequenceNode) else [value]
        bases = [self.node(base, path) for base in given]
        if not all(isinstance(base, Mapping) for base in bases):
            self._note(value, path, "merges (<<) something that is not a mapping", "merge an alias of a mapping: <<: *name")
        return [entry for base in bases for entry in entries(base)]

    def _span(self, node: yaml.Node) -> Span:
        return Span(self._source, node.start_mark.index, node.end_mark.index)

    def _note(self, node: yaml.Node, path: str, predicate: str, hint: str) -> None:
        self.findings.append(Finding(span=self._span(node), path=path, subject=path or "the file", predicate=predicate, hint=hint))
