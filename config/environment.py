"""``TIDEGATE_*`` variables laid over the file: ``TIDEGATE_SERVER__PORT=8080`` is ``server: {port: 8080}``.

Two underscores go one level down. Case does not matter, ``-`` and ``.`` of a name are written ``_``, and a value is YAML, so that a list
can be given whole: ``TIDEGATE_SECURITY__API_KEYS='[env:TEAM_KEY]'``. Where text is wanted, the value is the text, quoted or not.
"""

import re
from collections.abc import Iterator
from collections.abc import Mapping as AbstractMapping
from typing import Final

import msgspec
from msgspec import inspect as mi

from config.findings import Finding
from config.parse import parse
from config.source import Source, Span
from config.suggest import closest, listing
from config.validate import only_member
from config.variables import PREFIX
from config.written import Entry, Mapping, Node, Scalar, child, entries

__all__ = ("CLIENT_VARIABLES", "Overlaid", "overlay", "variable_names")

CLIENT_VARIABLES: Final = ("TIDEGATE_CONFIG", "TIDEGATE_URL", "TIDEGATE_API_KEY", "TIDEGATE_WORKSPACE")
"""Variables that are no settings: where the file is, which server the command line talks to, and in which workspace."""

KUBERNETES: Final = re.compile(r"^TIDEGATE(_\w+)?_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)$", re.IGNORECASE)
KUBERNETES_URL: Final = ("tcp://", "udp://", "sctp://")
"""Set in every pod beside a Service named ``tidegate``: https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables"""


class Overlaid(msgspec.Struct, frozen=True):
    """The tree with the variables laid over it, and what was wrong with them."""

    root: Node
    findings: tuple[Finding, ...]


def overlay(root: Node, environ: AbstractMapping[str, str], kind: mi.Type) -> Overlaid:
    """Lay every ``TIDEGATE_*`` variable over ``root``, a tree to be read as ``kind``, in the order of their names."""
    findings: list[Finding] = []
    referenced = frozenset(_referenced(root))
    for name in sorted(name for name, value in environ.items() if _is_ours(name, value)):
        result = _one(root, name, environ[name], kind)
        if isinstance(result, Finding):
            findings += [] if name in referenced else [result]
        elif result is not None:
            root, found = result
            findings += found
    return Overlaid(root, tuple(findings))


def variable_names(kind: mi.Type, prefix: str = PREFIX) -> Iterator[str]:
    """The variable of each setting that has a fixed name."""
    for field in _fields(kind):
        name = prefix + field.encode_name.upper()
        yield name
        yield from variable_names(_inner(field.type), f"{name}__")


def _referenced(node: Node) -> Iterator[str]:
    """The variables that the file itself reads, by ``env:NAME``."""
    if isinstance(node, Scalar):
        if isinstance(node.value, str) and node.value.startswith("env:"):
            yield node.value.removeprefix("env:").strip()
        return
    for inner in (entry.value for entry in node.entries) if isinstance(node, Mapping) else node.items:
        yield from _referenced(inner)


def _is_ours(name: str, value: str) -> bool:
    upper = name.upper()
    if not upper.startswith(PREFIX) or upper in CLIENT_VARIABLES:
        return False
    return not KUBERNETES.match(name) and not (upper.endswith("_PORT") and value.startswith(KUBERNETES_URL))


def _one(root: Node, name: str, value: str, kind: mi.Type) -> tuple[Node, tuple[Finding, ...]] | Finding | None:
    path = name[len(PREFIX) :].split("__")
    source = Source(name)
    found = _place(root, path, kind)
    if found is None:
        return _unknown(source, kind)
    keys, leaf = found
    node, findings = _value(source, value, leaf, ".".join(keys))
    return _with(root, keys, node), findings


def _place(node: Node | None, path: list[str], kind: mi.Type) -> tuple[list[str], mi.Type] | None:
    """The keys that the parts of a variable's name stand for, and the type found there; ``None`` when there is no such setting."""
    if not path:
        return [], kind
    inner = _inner(kind)
    if isinstance(inner, mi.DictType):
        key = _key(path[0], [entry.key for entry in entries(node)]) or path[0].lower()
        rest = _place(child(node, key), path[1:], inner.value_type) if key else None
    else:
        types = {field.encode_name: field.type for field in _fields(inner)}
        key = _key(path[0], types) or ""
        rest = _place(child(node, key), path[1:], types[key]) if key else None
    return ([key, *rest[0]], rest[1]) if rest else None


def _key(part: str, known: "list[str] | dict[str, mi.Type]") -> str | None:
    return next((key for key in known if re.sub(r"[-.]", "_", key).casefold() == part.casefold()), None)


def _value(source: Source, value: str, kind: mi.Type, path: str) -> tuple[Node, tuple[Finding, ...]]:
    span = Span(source)
    if isinstance(_bare(kind), mi.StrType | mi.LiteralType | mi.CustomType):
        return _text(span, value, path)
    # The parser gets a text, the nodes do not: what a variable holds is never quoted.
    parsed = parse(Source(source.name, value))
    if parsed.root is None or parsed.findings:
        finding = Finding(span=span, path=path, subject=path, predicate="holds something that is not YAML", hint="write it as in the file")
        return Mapping(span), (finding,)
    return _moved(parsed.root, span), ()


def _text(span: Span, value: str, path: str) -> tuple[Node, tuple[Finding, ...]]:
    try:
        value.encode()
    except UnicodeEncodeError:  # bytes that are not UTF-8
        finding = Finding(span=span, path=path, subject=path, predicate="is not valid Unicode", hint="write it as UTF-8")
        return Scalar(span, ""), (finding,)
    return Scalar(span, value), ()


def _moved(node: Node, span: Span) -> Node:
    """The same tree, with the variable as the place of every node."""
    if isinstance(node, Scalar):
        return Scalar(span, node.value)
    if isinstance(node, Mapping):
        return Mapping(span, tuple(Entry(entry.key, span, _moved(entry.value, span)) for entry in node.entries))
    return msgspec.structs.replace(node, span=span, items=tuple(_moved(item, span) for item in node.items))


def _with(node: Node | None, keys: list[str], value: Node) -> Node:
    """The tree with ``value`` at ``keys``. Entries beside it, and the places of what they are in, stay."""
    if not keys:
        return value
    others = tuple(entry for entry in entries(node) if entry.key != keys[0])
    inner = _with(child(node, keys[0]), keys[1:], value)
    span = node.span if isinstance(node, Mapping) else value.span
    return Mapping(span, (*others, Entry(keys[0], value.span, inner)))


def _unknown(source: Source, kind: mi.Type) -> Finding:
    """The finding for a variable that names no setting: an error when it resembles one, else a warning."""
    known = [name.removeprefix(PREFIX) for name in variable_names(kind)]
    word = source.name[len(PREFIX) :]
    near = closest(word, known, 0.75)
    suspicious = near is not None or "__" in word
    return Finding(
        span=Span(source),
        path="",
        subject=f"the variable {source.name}",
        predicate="names no setting" if suspicious else "names no setting and is not used",
        hint=f"unset it; names begin with one of: {listing(PREFIX + name for name in known if '__' not in name)}",
        suggestion=PREFIX + near if near else None,
        severity="error" if suspicious else "warning",
    )


def _inner(kind: mi.Type) -> mi.Type:
    return only_member(kind) if isinstance(kind, mi.UnionType) else kind


def _bare(kind: mi.Type) -> mi.Type:
    inner = _inner(kind)
    return inner.type if isinstance(inner, mi.Metadata) else inner


def _fields(kind: mi.Type) -> tuple[mi.Field, ...]:
    return kind.fields if isinstance(kind, mi.StructType) else ()
