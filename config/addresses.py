"""Checks of addresses and secrets: URLs, DSNs and hosts that cannot be used, and secrets that are written out in the file."""

import re
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from config.findings import Finding
from config.suggest import listing
from config.validate import ResolvedSecret
from config.written import Node, child, entries, items, text_of

__all__ = ("check_addresses", "check_secrets", "is_sensitive")

WEB: Final = ("http", "https")
BLOB_SCHEMES: Final = ("s3", "gs", "az", "file")
DSN_SCHEMES: Final = {
    "storage.clickhouse": ("clickhouse", "clickhouses", "http", "https"),
    "storage.redis": ("redis", "rediss", "unix"),
    "storage.metadata": ("postgresql", "postgresql+psycopg"),
}
OWN_ROOT: Final = "mlflow-artifacts:/"
NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
"""A host's; ``_`` is in names of containers."""

UNSENDABLE: Final = re.compile(r"[^\t\x20-\x7e\xa0-\xff]")
"""What no header carries: https://www.rfc-editor.org/rfc/rfc9110#name-field-values"""

SENSITIVE_HEADER: Final = re.compile(r"auth|key|token|secret|cookie|password", re.IGNORECASE)


def check_addresses(root: Node) -> Iterator[Finding]:
    """Every address of the file that cannot be used: a URL that is none, a host that is a URL."""
    yield from _url(child(child(root, "server"), "public_url"), "server.public_url", WEB)
    yield from _url(child(child(child(root, "telemetry"), "otlp"), "endpoint"), "telemetry.otlp.endpoint", WEB)
    yield from _url(child(child(root, "storage"), "blobs"), "storage.blobs", BLOB_SCHEMES)
    for entry in entries(child(root, "providers")):
        for key in ("base_url", "authority"):
            yield from _url(child(entry.value, key), f"providers.{entry.key}.{key}", WEB)
    yield from _host(child(child(root, "server"), "host"))
    for index, proxy in enumerate(items(child(child(root, "server"), "trusted_proxies"))):
        yield from _proxy(proxy, f"server.trusted_proxies[{index}]")
    for index, name in enumerate(items(child(child(root, "security"), "allowed_hosts"))):
        yield from _host_name(name, f"security.allowed_hosts[{index}]")
    yield from _root(child(child(root, "artifacts"), "root"))


def check_secrets(secrets: tuple[ResolvedSecret, ...]) -> Iterator[Finding]:
    """Secrets that are written out in the file (a warning), and database URLs of an unknown kind. No message quotes a value."""
    for found in secrets:
        if found.span.source.path and not found.secret.reference and is_sensitive(found):
            hint = "move it into an environment variable or a file, and write env:NAME or file:/path"
            yield Finding(found.span, found.path, found.path, "is a secret written out in the file", hint, severity="warning")
        yield from _sent(found)
        schemes = DSN_SCHEMES.get(found.path)
        if schemes and not found.secret.reveal().startswith(tuple(f"{scheme}://" for scheme in schemes)):
            held = f", and so must what {found.secret.reference} holds" if found.secret.reference else ""
            yield Finding(
                found.span,
                found.path,
                found.path,
                f"must begin with {schemes[0]}://{held}",
                f"allowed: {listing(schemes)}{_without(found.path)}",
            )


def _without(path: str) -> str:
    return "; leave it out for SQLite under storage.path" if path == "storage.metadata" else ""


def _sent(found: ResolvedSecret) -> Iterator[Finding]:
    """A secret that no header can carry, or that has quotes around it, which would be sent with it."""
    value, held = found.secret.reveal(), f", as {found.secret.reference} holds it" if found.secret.reference else ""
    if not found.path.endswith(".api_key") and ".headers." not in found.path:
        return
    if UNSENDABLE.search(value):
        predicate = f"has a line break or another character that no header can carry{held}"
        yield Finding(found.span, found.path, found.path, predicate, "store the secret again, without it")
    elif len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        predicate = f"has quotes around it that would be sent{held}"
        yield Finding(found.span, found.path, found.path, predicate, "store the secret without them", severity="warning")


def is_sensitive(found: ResolvedSecret) -> bool:
    """Whether a value is really secret: most headers are not, and a database's URL is when it holds a password."""
    if found.path in DSN_SCHEMES:
        return "@" in found.secret.reveal()
    return ".headers." not in found.path or bool(SENSITIVE_HEADER.search(found.path.rpartition(".headers.")[2]))


def _url(node: Node | None, path: str, schemes: tuple[str, ...]) -> Iterator[Finding]:
    url = text_of(node)
    if node is None or url is None:
        return
    try:
        parts = urlsplit("" if re.search(r"[\s\x00-\x1f]", url) else url)
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
    elif (parts.query or parts.fragment) and path != "telemetry.otlp.endpoint" and schemes is WEB:
        hint = "take out what follows the path; Azure's api-version is api_version, keys are api_key or headers"
        yield Finding(node.span, path, path, "holds a query, and paths are added at its end", hint)


def _host(node: Node | None) -> Iterator[Finding]:
    host = text_of(node)
    if node is not None and host is not None and not (NAME.fullmatch(host) or _is_address(host)):
        hint = "write 127.0.0.1 for this machine alone, or 0.0.0.0 for all; the port is server.port"
        yield Finding(node.span, "server.host", "server.host", "must be an address or a name alone", hint)


def _is_address(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def _proxy(node: Node, path: str) -> Iterator[Finding]:
    written = text_of(node)
    if written is None:
        return
    try:
        network = ip_network(written, strict=False)
    except ValueError:
        yield Finding(node.span, path, path, "must be an IP address or a network", "write 10.0.0.1, 10.0.0.0/8 or 'fd00::/8'")
        return
    if written.lower().startswith("::ffff:"):
        yield Finding(node.span, path, path, "is an IPv4 address in IPv6's form", "write it as 10.0.0.1 or 10.0.0.0/8")
    elif "/" in written and str(network.network_address) != str(ip_address(written.partition("/")[0])):
        hint = f"write {network} for the network, or {written.partition('/')[0]} for the one address"
        yield Finding(node.span, path, path, "is an address within a network", hint)
    elif network.prefixlen == 0:
        hint = "name the proxies alone: whoever connects may now say what address is theirs"
        yield Finding(node.span, path, path, "is the whole internet", hint, severity="warning")


def _host_name(node: Node, path: str) -> Iterator[Finding]:
    name = text_of(node)
    if name is not None and ("/" in name or not name.strip()):
        yield Finding(node.span, path, path, "must be a host's name, without http:// and path", "write llm.example.com")


def _root(node: Node | None) -> Iterator[Finding]:
    if not (text_of(node) or "").startswith(OWN_ROOT):
        yield from _url(node, "artifacts.root", BLOB_SCHEMES)
