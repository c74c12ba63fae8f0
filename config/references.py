"""References to secrets: ``env:NAME`` and ``file:/path``, resolved once, while loading."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from config.secrets import Secret

__all__ = ("FOREIGN", "Unresolved", "is_reference", "resolve", "secret_file")

FOREIGN: Final = re.compile(
    r"^\s*(?:\$\{?(?:env:)?(\w+)\}?|os\.environ/(\w+)|\{\{\s*(?:env\.)?(\w+)\s*\}\}"
    r"|(?i:env)(?:::|\.)(\w+)|E(?:NV|nv):(\w+)|env:\s*\$\{?(\w+)\}?)\s*$"
)
"""References as other tools write them: ``$NAME``, ``${NAME}``, ``os.environ/NAME``, ``{{ NAME }}``, ``env::NAME``, ``env.NAME``, and ours misspelt."""

MAX_BYTES: Final = 1024 * 1024


class Unresolved(msgspec.Struct, frozen=True):
    """A reference that leads nowhere: what is wrong, and how to fix it."""

    predicate: str
    hint: str


def is_reference(text: str) -> bool:
    """Whether the text points at a secret rather than being one."""
    return text.startswith(("env:", "file:"))


def secret_file(text: str, directory: Path) -> Path | None:
    """The file that a ``file:`` reference names, taken from ``directory`` when relative; ``None`` for anything else."""
    return directory / Path(text.removeprefix("file:")).expanduser() if text.startswith("file:") else None


def resolve(text: str, environ: Mapping[str, str], directory: Path = Path()) -> Secret | Unresolved:
    """The secret behind a reference; text that is no reference is a literal secret, with ``reference == ""``."""
    if foreign := FOREIGN.match(text):
        name = next(filter(None, foreign.groups()))
        return Unresolved("is written as another tool's reference", f"write env:{name}")
    if text.startswith("env:"):
        return _from_environment(text, environ)
    if text.startswith("file:"):
        return _from_file(text, directory)
    if text in environ:
        return Unresolved("is the name of an environment variable, not what it holds", f"write env:{text}")
    return _secret(text, "") if text else Unresolved("is empty", "leave the key out, or name the secret: env:NAME or file:/path")


def _from_environment(text: str, environ: Mapping[str, str]) -> Secret | Unresolved:
    name = text.removeprefix("env:").strip()
    if not name:
        return Unresolved("names no environment variable", "write env:NAME")
    value = environ.get(name)
    value = value and value.strip()  # as with files: whoever stores a secret often stores the line break after it
    if value is None:
        return Unresolved(f"needs the environment variable {name}, which is not set", f"export {name}=…, or take this entry out")
    return (
        _secret(value, f"env:{name}") if value else Unresolved(f"needs the environment variable {name}, which is empty", f"export {name}=…")
    )


def _from_file(text: str, directory: Path) -> Secret | Unresolved:
    hint = "write file:/path of a readable text file that holds the secret alone"
    try:
        path = secret_file(text, directory)
        with (path or directory).open("rb") as file:
            value = file.read(MAX_BYTES).decode().strip()
    except (OSError, RuntimeError) as error:  # RuntimeError: "~" without a home directory
        reason = getattr(error, "strerror", None) or "there is no home directory"
        return Unresolved(f"refers to {text!r}, which cannot be read: {reason}", hint)
    except ValueError:  # not UTF-8, or a NUL in the path
        return Unresolved(f"refers to {text!r}, which is not a text file", hint)
    return _secret(value, text) if value else Unresolved(f"refers to {text!r}, which is empty", hint)


def _secret(value: str, reference: str) -> Secret | Unresolved:
    try:
        value.encode()
    except UnicodeEncodeError:  # bytes of the environment that are not UTF-8
        return Unresolved("is not valid Unicode", "store the secret as UTF-8")
    return Secret(value, reference)
