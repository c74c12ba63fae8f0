"""``env:NAME`` where no secret is wanted: addresses, regions and projects differ from place to place, and their file need not.

Read in the sections that say where things are. What is said of routes, judges and guardrails is text as it stands.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from config.findings import Finding
from config.references import Unresolved, resolve
from config.validate import join
from config.written import Entry, Node, Scalar
from config.written import Mapping as Written

__all__ = ("SECTIONS", "Substituted", "substitute")

SECTIONS: Final = {
    "server": ("host", "public_url"),
    "storage": ("path", "blobs", "clickhouse_database"),
    "artifacts": ("root",),
    "providers": ("base_url", "api_version", "tenant_id", "client_id", "authority", "region", "project"),
}
"""The settings whose text may be in a variable; those of ``providers`` are of each of them."""


class Substituted(msgspec.Struct, frozen=True):
    """The tree with what the variables hold, at the places where they are named, and what was wrong with them."""

    root: Node
    findings: tuple[Finding, ...]


def substitute(root: Node, environ: Mapping[str, str]) -> Substituted:
    """Put in what the variables hold."""
    findings: list[Finding] = []
    if not isinstance(root, Written):
        return Substituted(root, ())
    sections = tuple(_section(entry, environ, findings) if entry.key in SECTIONS else entry for entry in root.entries)
    return Substituted(Written(root.span, sections), tuple(findings))


def _section(section: Entry, environ: Mapping[str, str], findings: list[Finding]) -> Entry:
    known = SECTIONS[section.key]
    if section.key != "providers":
        return _within(section, section.key, known, environ, findings)
    if not isinstance(section.value, Written):
        return section
    accounts = tuple(_within(entry, f"providers.{entry.key}", known, environ, findings) for entry in section.value.entries)
    return msgspec.structs.replace(section, value=Written(section.value.span, accounts))


def _within(entry: Entry, path: str, known: tuple[str, ...], environ: Mapping[str, str], findings: list[Finding]) -> Entry:
    if not isinstance(entry.value, Written):
        return entry
    values = tuple(_held(each, join(path, each.key), environ, findings) if each.key in known else each for each in entry.value.entries)
    return msgspec.structs.replace(entry, value=Written(entry.value.span, values))


def _held(entry: Entry, path: str, environ: Mapping[str, str], findings: list[Finding]) -> Entry:
    node = entry.value
    if not isinstance(node, Scalar) or not isinstance(node.value, str) or not node.value.startswith("env:"):
        return entry
    found = resolve(node.value, environ)
    if isinstance(found, Unresolved):
        findings.append(Finding(node.span, path, path, found.predicate, found.hint))
        return msgspec.structs.replace(entry, value=Scalar(node.span, None))
    return msgspec.structs.replace(entry, value=Scalar(node.span, found.reveal()))
