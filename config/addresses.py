"""Where the server goes and what it says there: URLs, DSNs, accounts, and secrets that were written out."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from config.findings import Finding
from config.providers import FAKE
from config.suggest import listing
from config.validate import ResolvedSecret
from config.written import Entry, Node, child, entries, span_of, text_of

__all__ = ("check_addresses", "check_secrets")

WEB: Final = ("http", "https")
BLOB_SCHEMES: Final = ("s3", "gs", "az", "file")
DSN_SCHEMES: Final = {
    "storage.clickhouse": ("clickhouse", "clickhouses", "http", "https"),
    "storage.redis": ("redis", "rediss", "unix"),
    "storage.metadata": ("postgresql", "postgresql+psycopg"),
}
SENSITIVE_HEADER: Final = re.compile(r"auth|key|token|secret|cookie|password", re.IGNORECASE)


def check_addresses(root: Node) -> Iterator[Finding]:
    """URLs that cannot be ones, and providers whose settings contradict their kind."""
    yield from _url(child(child(root, "server"), "public_url"), "server.public_url", WEB)
    yield from _url(child(child(child(root, "telemetry"), "otlp"), "endpoint"), "telemetry.otlp.endpoint", WEB)
    yield from _url(child(child(root, "storage"), "blobs"), "storage.blobs", BLOB_SCHEMES)
    for entry in entries(child(root, "providers")):
        yield from _url(child(entry.value, "base_url"), f"providers.{entry.key}.base_url", WEB)
        yield from _provider(entry)


def check_secrets(secrets: tuple[ResolvedSecret, ...]) -> Iterator[Finding]:
    """Literal secrets, which are warned of, and URLs of databases that cannot be ones. A value is never quoted."""
    for found in secrets:
        if found.span.source.path and not found.secret.reference and _is_sensitive(found.path):
            hint = "move it into an environment variable or a file, and write env:NAME or file:/path"
            yield Finding(found.span, found.path, found.path, "is a secret written out in the file", hint, severity="warning")
        schemes = DSN_SCHEMES.get(found.path)
        if schemes and not found.secret.reveal().startswith(tuple(f"{scheme}://" for scheme in schemes)):
            held = f", and so must what {found.secret.reference} holds" if found.secret.reference else ""
            yield Finding(found.span, found.path, found.path, f"must begin with {schemes[0]}://{held}", f"allowed: {listing(schemes)}")


def _is_sensitive(path: str) -> bool:
    return ".headers." not in path or bool(SENSITIVE_HEADER.search(path.rpartition(".headers.")[2]))


def _url(node: Node | None, path: str, schemes: tuple[str, ...]) -> Iterator[Finding]:
    url = text_of(node)
    if node is None or url is None:
        return
    try:
        parts = urlsplit(url)
        missing_host = not parts.hostname and parts.scheme != "file"
        _ = parts.port  # out of range raises
    except ValueError:
        yield Finding(node.span, path, path, "is not a URL", f"write {schemes[0]}://host/path")
        return
    if parts.scheme not in schemes or missing_host:
        wanted = " or ".join(f"{scheme}://" for scheme in schemes)
        yield Finding(node.span, path, path, f"must be a URL that begins with {wanted}", f"write {schemes[0]}://host/path")
    elif parts.username is not None:
        yield Finding(
            node.span, path, path, "holds a user name or a password", "take it out; send it as api_key or in headers, by reference"
        )


def _provider(entry: Entry) -> Iterator[Finding]:
    path = f"providers.{entry.key}"
    kind_node = child(entry.value, "kind")
    kind = text_of(kind_node) or ("fake" if entry.key == FAKE else "openai")
    if entry.key == FAKE and kind_node is not None and kind != "fake":
        hint = "give this provider another name"
        yield Finding(kind_node.span, f"{path}.kind", "provider 'fake'", "is the one built in; its kind cannot be another", hint)
    unused = [key for key in ("base_url", "api_key", "headers") if child(entry.value, key) is not None] if kind == "fake" else []
    for key in unused:
        predicate = f"is of kind 'fake', which calls nobody; its {key} is not used"
        yield Finding(span_of(entry.value, key), f"{path}.{key}", f"provider {entry.key!r}", predicate, "take it out", severity="warning")
