"""Written form against the schema: every problem is noted, and reading goes on.

The result is plain dicts and lists with secrets resolved. ``msgspec.convert`` makes ``Settings`` of it when there are no problems; it stops
at the first one and knows no places, which is why it does not do this part.
"""

import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Final

import msgspec
from msgspec import inspect as mi

from config.elsewhere import elsewhere
from config.findings import Finding
from config.mismatch import describe, fix_for, mismatch, suggestion_for
from config.references import FOREIGN, Unresolved
from config.secrets import Secret
from config.source import Span
from config.suggest import closest, listing
from config.variables import variable_for
from config.written import Mapping, Node, Scalar, Sequence, child, is_nothing

__all__ = ("ResolvedSecret", "Validated", "Validator", "join", "only_member")


GLUED: Final = re.compile(r"^\w+:\S")
"""``port:4000``: a key without the space that makes it one."""


class ResolvedSecret(msgspec.Struct, frozen=True):
    """A secret and where it was written."""

    path: str
    span: Span
    secret: Secret


class Validated(msgspec.Struct, frozen=True):
    """What the schema made of a tree. ``public`` are the places whose values may be quoted in an error."""

    plain: object
    findings: tuple[Finding, ...]
    secrets: tuple[ResolvedSecret, ...]
    public: frozenset[Span]


def join(path: str, key: str) -> str:
    """The path of a key within a mapping."""
    return f"{path}.{key}" if path else key


def only_member(kind: mi.UnionType) -> mi.Type:
    """What an optional field holds when it holds something."""
    return next(member for member in kind.types if not isinstance(member, mi.NoneType))


class Validator:
    """Walks a tree beside the type it should have. One instance reads one tree."""

    def __init__(self, resolve: Callable[[str], Secret | Unresolved]) -> None:
        self._resolve = resolve
        self._findings: list[Finding] = []
        self._secrets: list[ResolvedSecret] = []
        self._public: set[Span] = set()

    def validate(self, root: Node, kind: mi.Type) -> Validated:
        """Read ``root`` as ``kind``. ``plain`` is meaningful only when there are no findings."""
        plain = self._read(root, kind, "")
        return Validated(plain, tuple(self._findings), tuple(self._secrets), frozenset(self._public))

    def _read(self, node: Node, kind: mi.Type, path: str) -> object:
        match kind:
            case mi.UnionType():
                return None if is_nothing(node) else self._read(node, only_member(kind), path)
            case mi.StructType():
                return self._struct(node, kind, path)
            case mi.DictType():
                return self._dict(node, kind, path)
            case mi.VarTupleType():
                return self._tuple(node, kind, path)
            case mi.CustomType():
                return self._secret(node, path)
            case _:
                return self._scalar(node, kind, path)

    def _struct(self, node: Node, kind: mi.StructType, path: str) -> object:
        found = self._mapping(node, path, _fix_for_struct(node, kind))
        if found is None:
            return None
        fields = {field.encode_name: field for field in kind.fields}
        self._unknown_keys(found, fields.keys(), kind, path)
        self._missing_keys(found, [name for name, field in fields.items() if field.required], path)
        known = [entry for entry in found.entries if entry.key in fields]
        return {entry.key: self._read(entry.value, fields[entry.key].type, join(path, entry.key)) for entry in known}

    def _dict(self, node: Node, kind: mi.DictType, path: str) -> object:
        found = self._mapping(node, path, _fix_for_keys(node))
        if found is None:
            return None
        for entry in found.entries:
            self._scalar(Scalar(entry.key_span, entry.key), kind.key_type, path)
        return {entry.key: self._read(entry.value, kind.value_type, join(path, entry.key)) for entry in found.entries}

    def _tuple(self, node: Node, kind: mi.VarTupleType, path: str) -> object:
        found = Sequence(node.span, ()) if is_nothing(node) else node
        if not isinstance(found, Sequence):
            return self._wrong(node, path, f"must be a list, not {_shape(node)}", "begin each item with '- ', or write [a, b]")
        if kind.min_length and len(found.items) < kind.min_length:
            return self._wrong(node, path, "must not be empty", "list at least one item")
        return [self._read(item, kind.item_type, f"{path}[{index}]") for index, item in enumerate(found.items)]

    def _mapping(self, node: Node, path: str, fix: str) -> Mapping | None:
        """The mapping; an empty one where nothing is written, so that a section may have all its lines commented out."""
        if is_nothing(node):
            return Mapping(node.span)
        if isinstance(node, Mapping):
            return node
        self._wrong(node, path, f"must be keys with values, not {_shape(node)}", fix)
        return None

    def _unknown_keys(self, found: Mapping, names: AbstractSet[str], kind: mi.StructType, path: str) -> None:
        for entry in found.entries:
            if entry.key not in names:
                near = closest(entry.key, names)
                places = () if near else elsewhere(entry.key, kind)
                finding = Finding(
                    span=entry.key_span,
                    path=join(path, entry.key),
                    subject=f"key {entry.key!r}",
                    predicate=f"is not a setting of {path}" if path else "is not a setting",
                    hint=f"write it as {' or '.join(places)}" if places else f"take it out, or use one of: {listing(names)}",
                    suggestion=near,
                )
                self._findings.append(finding)

    def _missing_keys(self, found: Mapping, required: list[str], path: str) -> None:
        for name in required:
            if child(found, name) is None:
                self._wrong(found, path, f"has no {name!r}, which it needs", f"add '{name}: …'")

    def _secret(self, node: Node, path: str) -> object:
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            quoted = "put quotes around it, or write" if isinstance(node, Scalar) and node.value is not None else "write"
            return self._wrong(node, path, f"must be a reference to a secret, not {_kind_of(node)}", f"{quoted} env:NAME (without a space)")
        secret = self._resolve(node.value)
        if isinstance(secret, Unresolved):
            return self._wrong(node, path, secret.predicate, secret.hint)
        if secret.reference:
            self._public.add(node.span)
        self._secrets.append(ResolvedSecret(path, node.span, secret))
        return secret

    def _scalar(self, node: Node, kind: mi.Type, path: str) -> object:
        """A value of one line.

        ``Meta(extra=…)`` of the schema may hold the pattern's meaning in words (``form``), and say that numbers and booleans are text (``scalar``).
        """
        inner = kind.type if isinstance(kind, mi.Metadata) else kind
        extra = (kind.extra or {}) if isinstance(kind, mi.Metadata) else {}
        if not isinstance(node, Scalar):
            quoted = "put quotes around it, as one text" if isinstance(inner, mi.StrType) else "write the value alone"
            return self._wrong(node, path, f"must be one value, not {_shape(node)}", quoted)
        self._public.add(node.span)
        value = _as_text(node.value) if extra.get("scalar") else node.value
        if predicate := mismatch(value, inner, extra.get("form", "")):
            return self._wrong(node, path, predicate, _fix_for_variable(value, path) or fix_for(value, inner), suggestion_for(value, inner))
        return value

    def _wrong(self, node: Node, path: str, predicate: str, hint: str = "", suggestion: str | None = None) -> object:
        """Note a problem, and return the stand-in for a value that cannot be used."""
        subject = path or "the file"
        self._findings.append(Finding(span=node.span, path=path, subject=subject, predicate=predicate, hint=hint, suggestion=suggestion))
        return msgspec.UNSET


def _as_text(value: str | float | bool | None) -> str | float | bool | None:
    """A number or a boolean as it would be written between quotes."""
    return str(value).lower() if isinstance(value, int | float) else value


def _shape(node: Node) -> str:
    """What stands where keys or a list should. A text is not quoted: it may be a secret, or a whole file that is no YAML."""
    if isinstance(node, Scalar):
        return "text" if isinstance(node.value, str) else describe(node.value)
    return "a list" if isinstance(node, Sequence) else "keys with values"


def _kind_of(node: Node) -> str:
    """The shape of what may be a secret, its content left out."""
    if isinstance(node, Scalar) and node.value is not None:
        return "true or false" if isinstance(node.value, bool) else "a number"
    return _shape(node)


def _fix_for_struct(node: Node, kind: mi.StructType) -> str:
    """The fix for one who wrote a single value, or ``true``, where keys must stand."""
    required = [field.encode_name for field in kind.fields if field.required]
    if isinstance(node, Scalar) and node.value is True and not required:
        return "write {} to have it with its defaults"
    if isinstance(node, Scalar) and node.value is False:
        return "leave it out"
    if isinstance(node, Scalar) and len(required) == 1:
        return f"write {{{required[0]}: …}}"
    return _fix_for_keys(node)


def _fix_for_keys(node: Node) -> str:
    if isinstance(node, Scalar) and isinstance(node.value, str) and GLUED.search(node.value):
        return "put a space after the colon"
    return "write 'key: value' lines, indented beneath it"


def _fix_for_variable(value: object, path: str) -> str:
    """The fix for a reference where none is read. Secrets and addresses take references; every other setting has a variable of its own."""
    if not isinstance(value, str) or "[" in path or not (value.startswith("env:") or FOREIGN.match(value)):
        return ""
    return f"leave it out, and set {variable_for(path)}"
