"""Checks of providers: accounts that could not be called, or that would send a key where nobody meant it to go."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from config.findings import Finding
from config.providers import FAKE, VENDORS
from config.suggest import closest
from config.written import Entry, Node, child, entries, span_of, text_of

__all__ = ("check_headers", "check_providers")

NEEDED: Final = {
    "azure": ("base_url", "https://NAME.openai.azure.com"),
    "databricks": ("base_url", "https://NAME.cloud.databricks.com/serving-endpoints"),
    "bedrock": ("region", "us-east-1"),
}
"""What an account cannot do without, since its vendor has no address for everybody; with an example."""

ENDPOINT: Final = re.compile(r"/(?:chat/completions|completions|messages|embeddings|responses)/?$")
TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A header's name: https://www.rfc-editor.org/rfc/rfc9110#name-tokens"""

FRAMING: Final = frozenset({"connection", "content-length", "transfer-encoding"})
"""Headers that say how a message is sent, which whoever sends it alone can know."""


def check_providers(root: Node, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Every account of the file."""
    for entry in entries(child(root, "providers")):
        path, kind = f"providers.{entry.key}", _kind(entry)
        yield from _fake(entry, path, kind)
        yield from _needed(entry, path, kind, environ)
        yield from _whose(entry, path)
        yield from _endpoint(child(entry.value, "base_url"), f"{path}.base_url")
        yield from check_headers(child(entry.value, "headers"), f"{path}.headers")


def check_headers(node: Node | None, path: str) -> Iterator[Finding]:
    """Names that no header can have."""
    for entry in entries(node):
        here = f"{path}.{entry.key}"
        if not TOKEN.fullmatch(entry.key):
            yield Finding(entry.key_span, here, f"{entry.key!r}", "cannot be the name of a header", "use letters, digits and '-'")
        elif entry.key.lower() in FRAMING:
            yield Finding(entry.key_span, here, here, "is set for each request by the gateway itself", "take it out")


def _kind(entry: Entry) -> str:
    """The kind of an account, as ``config.providers`` completes it."""
    vendors = {vendor.name for vendor in VENDORS}
    return text_of(child(entry.value, "kind")) or (entry.key if entry.key in {FAKE, *vendors} else "openai")


def _fake(entry: Entry, path: str, kind: str) -> Iterator[Finding]:
    kind_node = child(entry.value, "kind")
    if entry.key == FAKE and kind_node is not None and kind != FAKE:
        hint = "give this provider another name"
        yield Finding(kind_node.span, f"{path}.kind", "provider 'fake'", "is the one built in; its kind cannot be another", hint)
    unused = [key for key in ("base_url", "api_key", "headers") if child(entry.value, key) is not None] if kind == FAKE else []
    for key in unused:
        predicate = f"is of kind 'fake', which calls nobody; its {key} is not used"
        yield Finding(span_of(entry.value, key), f"{path}.{key}", f"provider {entry.key!r}", predicate, "take it out", severity="warning")


def _needed(entry: Entry, path: str, kind: str, environ: Mapping[str, str]) -> Iterator[Finding]:
    setting, example = NEEDED.get(kind, ("", ""))
    if not setting or child(entry.value, setting) is not None:
        return
    variables = next(vendor.variables[setting] for vendor in VENDORS if vendor.name == kind)
    if not any(environ.get(variable) for variable in variables):
        hint = f"add {setting}: {example}, or set {variables[0]}"
        yield Finding(entry.key_span, path, f"provider {entry.key!r}", f"is of kind {kind!r} and has no {setting}", hint)


def _whose(entry: Entry, path: str) -> Iterator[Finding]:
    """Refuse a misspelt vendor: it would become an account of OpenAI's kind, and its key would be sent there."""
    vendors = [vendor.name for vendor in VENDORS]
    if entry.key in {FAKE, *vendors} or entry.key.startswith(tuple(vendors)):
        return
    if any(child(entry.value, key) is not None for key in ("kind", "base_url")) or not (near := closest(entry.key, vendors, 0.75)):
        return
    predicate = "is the name of no vendor, and neither kind nor base_url says whose account it is"
    yield Finding(entry.key_span, path, f"provider {entry.key!r}", predicate, "add kind: … or base_url: …", near)


def _endpoint(node: Node | None, path: str) -> Iterator[Finding]:
    found = ENDPOINT.search(text_of(node) or "")
    if node is not None and found:
        predicate = f"ends with {found[0]!r}, which the gateway adds itself"
        yield Finding(node.span, path, path, predicate, f"write {(text_of(node) or '')[: found.start()]}")
