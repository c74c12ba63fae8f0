"""URIs of models, and of where their files lie. Pure.

``models:/m-1f…`` is a logged model; ``models:/name/3``, ``models:/name/Production``, ``models:/name/latest`` and ``models:/name@alias`` are
versions; ``runs:/run_id/path`` and ``mlflow-artifacts:/path`` are places of files.
"""

import posixpath
import re
from typing import Final
from urllib.parse import unquote, unquote_plus, urlsplit

import msgspec

from registry.errors import InvalidParameterValue
from registry.models.types import LATEST

__all__ = (
    "ModelUri",
    "artifact_parts",
    "check_absolute",
    "check_scheme",
    "is_local",
    "is_within",
    "models_named",
    "parse_model_uri",
    "parse_run_uri",
)

HOSTED: Final = frozenset({"ftp", "sftp", "hdfs", "viewfs", "http", "https", "mlflow-artifacts", "r2", "b2", "abfss"})
"""Schemes that say which host is to be spoken to. Reading a model never makes this server speak to a host that a client chose."""

PROXY: Final = ("api", "2.0", "mlflow-artifacts", "artifacts")
SHAPE: Final = (
    "Models URIs are 'models:/name/version', 'models:/name/stage', 'models:/name/latest', 'models:/name@alias' or 'models:/model_id'."
)


class ModelUri(msgspec.Struct, frozen=True, kw_only=True):
    """What a ``models:/`` URI names: a logged model, or a name with a version, a stage, an alias, or nothing for the newest version."""

    model_id: str = ""
    name: str = ""
    version: str = ""
    stage: str = ""
    alias: str = ""


def parse_model_uri(uri: str) -> ModelUri:
    """Read a ``models:/`` URI. Raises ``InvalidParameterValue``."""
    path = urlsplit(uri).path if "#" not in uri else ""
    name, _, suffix = path.removeprefix("/").partition("/")
    if not path.startswith("/") or not name.strip() or "/" in suffix or (path.endswith("/") and path.count("/") > 1):
        raise InvalidParameterValue(f"Not a proper models:/ URI: {uri}. {SHAPE}")
    if suffix:
        return _with_suffix(name, suffix)
    if "@" not in name:
        return ModelUri(model_id=name)
    name, _, alias = name.rpartition("@")
    if not name or not alias.strip():
        raise InvalidParameterValue(f"Not a proper models:/ URI: {uri}. {SHAPE}")
    return ModelUri(name=name, alias=alias)


def models_named(source: str) -> ModelUri:
    """What a version's source names of ``models:/``; nothing, where it is of another scheme or cannot be read."""
    try:
        return parse_model_uri(source) if urlsplit(source).scheme == "models" else ModelUri()
    except (InvalidParameterValue, ValueError):  # the endpoint says so
        return ModelUri()


def _with_suffix(name: str, suffix: str) -> ModelUri:
    if suffix.isdigit():
        return ModelUri(name=name, version=suffix)
    return ModelUri(name=name) if suffix.lower() == LATEST else ModelUri(name=name, stage=suffix)


def parse_run_uri(uri: str) -> tuple[str, str]:
    """The run and the path of ``runs:/run_id/path``. Raises ``InvalidParameterValue``."""
    run_id, _, path = urlsplit(uri).path.removeprefix("/").partition("/")
    if not urlsplit(uri).path.startswith("/") or not run_id:
        raise InvalidParameterValue(
            f"Not a proper runs:/ URI: {uri}. Runs URIs must be of the form 'runs:/<run_id>/run-relative/path/to/artifact'"
        )
    return run_id, path


def is_local(uri: str) -> bool:
    """Whether a URI names a file of some machine. Raises ``InvalidParameterValue`` for ``file://`` with a host."""
    parts = urlsplit(uri)
    if not parts.scheme:
        return True
    remote = bool(parts.hostname) and not (parts.hostname == "." or (parts.hostname or "").startswith(("localhost", "127.0.0.1")))
    if parts.scheme == "file" and remote:
        raise InvalidParameterValue(f"{uri} is not a valid remote uri: a file has no host. Use the URI of an object store.")
    return parts.scheme == "file"


def check_scheme(uri: str, parameter: str) -> None:
    """Refuse what would make this server speak to a host of the client's choice."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        raise InvalidParameterValue(f"Invalid {parameter}: '{uri}' is no URI.") from None
    if parts.scheme not in HOSTED or (parts.scheme == "mlflow-artifacts" and not parts.netloc):
        return
    raise InvalidParameterValue(
        f"'{parameter}' cannot use the '{parts.scheme}' scheme: the '{parts.scheme}' scheme addresses a host other than the tracking "
        "server's configured artifact storage, so the server would connect to the host named in the URI. "
        "Use 'mlflow-artifacts:/path', 'runs:/run_id/path', 'models:/…', or the URI of a bucket."
    )


def check_absolute(source: str) -> None:
    """Refuse a source whose path climbs, in whatever encoding, or is not absolute."""
    plain = source
    while (decoded := unquote_plus(plain)) != plain:
        plain = decoded
    path = re.sub(r"/+", "/", urlsplit(plain).path.rstrip("/"))
    if "\x00" in path or ".." in re.split(r"[/\\]", plain) or not path.startswith("/") or posixpath.normpath(path) != path:
        raise InvalidParameterValue(
            f"Invalid model version source: '{source}'. If supplying a source as an http, https, local file path, ftp, objectstore, or "
            "mlflow-artifacts uri, an absolute path must be provided without relative path references present. "
            "Please provide an absolute path."
        )


def artifact_parts(uri: str) -> tuple[str, ...] | None:
    """The segments of a path in our own artifact store, ``None`` when the URI is of another place."""
    scheme, _, parts = _normal(uri)
    if scheme == "mlflow-artifacts":
        return parts
    for start in range(len(parts) - len(PROXY) + 1):
        if scheme in {"http", "https"} and parts[start : start + len(PROXY)] == PROXY:
            return parts[start + len(PROXY) :]
    return None


def is_within(uri: str, root: str) -> bool:
    """Whether one URI lies under another, and the other is not the root of a store."""
    scheme, host, parts = _normal(uri)
    root_scheme, root_host, root_parts = _normal(root)
    return (scheme, host) == (root_scheme, root_host) and bool(root_parts) and parts[: len(root_parts)] == root_parts


def _normal(uri: str) -> tuple[str, str, tuple[str, ...]]:
    parts = urlsplit(uri)
    return parts.scheme.lower(), parts.netloc.lower(), tuple(_decoded(part) for part in parts.path.split("/") if part)


def _decoded(text: str) -> str:
    while (decoded := unquote(text)) != text:
        text = decoded
    return text
