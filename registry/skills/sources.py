"""Where the files of a skill come from, if not from an upload: Git, an OCI image, a ZIP. Nothing is fetched here. Pure.

Everything here raises ``InvalidParameterValue``. What is kept is read by others, so no credentials are.
"""

import re
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import msgspec

from registry.errors import InvalidParameterValue
from registry.skills.tree import relative_path

__all__ = ("Source", "read_source")

TYPES: Final = ("git", "oci", "zip")
HERE: Final = ("mlflow-artifacts:/", "runs:/", "models:/")
OCI: Final = "oci://"
LONGEST: Final = 2048
SIGNATURES: Final = frozenset(
    {
        "access_token",
        "googleaccessid",
        "sig",
        "signature",
        "token",
        "x-amz-credential",
        "x-amz-security-token",
        "x-amz-signature",
        "x-goog-credential",
        "x-goog-signature",
    }
)
_DRIVE: Final = re.compile(r"[A-Za-z]:[\\/]")
_SCP: Final = re.compile(r"(?:[\w.-]+@[\w.-]+|[\w-]+(?:\.[\w-]+)+):")
_UNSAFE: Final = re.compile(r"[\s\x00-\x1f\x7f]")
_COMPONENT: Final = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_HOST: Final = r"(?:(?:[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*)(?:\.[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*)*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
_IMAGE: Final = re.compile(
    rf"(?:{_HOST}/)?{_COMPONENT}(?:/{_COMPONENT})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?"
)


class Source(msgspec.Struct, frozen=True):
    """A place that clients fetch from."""

    type: str
    source: str
    ref: str | None
    subpath: str | None


def read_source(kind: str | None, source: str, ref: str | None, subpath: str | None) -> Source:
    """What a request means; without a kind it follows from the address."""
    text = source.strip()
    if text.lower().startswith(HERE):
        raise InvalidParameterValue(
            f"'source' {source!r} names content inside MLflow; a remote source must be a git, oci, or zip location. Upload local content "
            "instead of pointing at it."
        )
    if kind != "oci" and _is_local(text):
        raise InvalidParameterValue(
            f"'source' must be a remote git, oci, or zip location, got {source!r}. The server never reads a path on its own filesystem; local "
            "content is uploaded instead."
        )
    found = _kind_of(text) if kind is None else _told(kind, source)
    if found != "git" and ref is not None:
        raise InvalidParameterValue("'ref' applies to Git sources only." if kind is None else "'ref' applies to git sources only.")
    pointer = text if kind is None else source
    pointer = pointer.removeprefix(OCI) if found == "oci" else pointer
    CHECKS[found](pointer)
    if ref is not None:
        _check_ref(ref)
    return Source(found, pointer, ref, _subpath(subpath))


def _is_local(text: str) -> bool:
    return bool(_DRIVE.match(text)) or not ("://" in text or _SCP.match(text))


def _told(kind: str, source: str) -> str:
    if kind not in TYPES:
        raise InvalidParameterValue(f"Unknown 'source_type' {kind!r}; expected one of {list(TYPES)}.")
    text = source.strip().lower()
    scheme = "oci" if text.startswith(OCI) else "git" if text.startswith("git://") else kind
    if scheme != kind:
        raise InvalidParameterValue(f"'source_type' {kind!r} contradicts the {scheme!r} scheme of 'source' {source!r}.")
    return kind


def _kind_of(text: str) -> str:
    path = urlsplit(text).path
    if text.startswith(OCI):
        return "oci"
    if text.startswith("git://") or path.endswith((".git", ".git/")):
        return "git"
    if path.endswith(".zip"):
        return "zip"
    raise InvalidParameterValue(
        f"Cannot infer the source type of '{text}'. Pass a typed source (GitSource, OCISource, or ZipSource) or use a URL that ends in '.git' "
        "or '.zip', or starts with 'git://' or 'oci://'."
    )


def _check_remote(text: str, what: str) -> None:
    if text.startswith("-"):
        raise InvalidParameterValue(f"{what} must not start with '-': '{text}'.")
    if _UNSAFE.search(text):
        raise InvalidParameterValue(f"{what} must not contain whitespace or control characters.")
    _check_length(text, what)


def _check_length(text: str, what: str) -> None:
    if len(text) > LONGEST:
        raise InvalidParameterValue(f"{what} is {len(text)} characters long; the maximum is {LONGEST}.")


def _check_git(url: str) -> None:
    _check_remote(url, "Git URL")
    parts = urlsplit(url) if "://" in url else None
    if parts is not None and (parts.password or (parts.username and parts.scheme in {"http", "https"})):
        raise InvalidParameterValue(
            "Git URL must not contain credentials; they would be stored with the skill version. Configure a credential helper and remove them "
            "from the URL."
        )


def _check_ref(ref: str) -> None:
    if not ref:
        raise InvalidParameterValue("Git ref must not be empty.")
    _check_remote(ref, "Git ref")


def _check_zip(url: str) -> None:
    _check_remote(url, "ZIP URL")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"}:
        raise InvalidParameterValue(f"ZIP source must be an http(s) URL, got '{url}'.")
    if parts.username or parts.password:
        raise InvalidParameterValue(
            "ZIP sources are fetched without authentication and must be publicly accessible; remove the credentials from the URL or use a Git or "
            "OCI source instead."
        )
    if SIGNATURES.intersection(name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        raise InvalidParameterValue(
            "ZIP sources must be publicly accessible and must not contain credentials in the query string. Remove the signed query parameters or "
            "use a Git or OCI source instead."
        )


def _check_oci(image: str) -> None:
    if not image:
        raise InvalidParameterValue("OCISource image reference must not be empty.")
    _check_remote(image, "OCI image reference")
    if not _IMAGE.fullmatch(image):
        raise InvalidParameterValue(f"OCI image reference '{image}' is malformed.")


CHECKS: Final = {"git": _check_git, "oci": _check_oci, "zip": _check_zip}


def _subpath(given: str | None) -> str | None:
    if given is None or not given.strip():
        return None
    try:
        found = relative_path(given.strip())
    except InvalidParameterValue as error:
        raise InvalidParameterValue(f"Subpath '{given}' is invalid: {error.message}") from None
    if found is not None:
        _check_length(found, "Subpath")
    return found
