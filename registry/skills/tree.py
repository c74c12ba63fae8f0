"""The files of an uploaded skill: a gzip-compressed tar, read with suspicion, and what they hash to.

Names must mean one file on every system that a skill is used on. Everything here raises ``InvalidParameterValue``.
"""

import hashlib
import io
import struct
import tarfile
import unicodedata
import zlib
from collections.abc import Iterator, Mapping
from typing import Final

from registry.errors import InvalidParameterValue

__all__ = ("MOST_BYTES", "digest_of", "read_archive", "relative_path")

MOST_BYTES: Final = 25 * 1024 * 1024
"""Of all files together, unpacked."""

MOST_ENTRIES: Final = 10_000
HEADERS: Final = 1024 * MOST_ENTRIES
DEEPEST: Final = 32
LONGEST_PATH: Final = 1024
LONGEST_SEGMENT: Final = 255
FORBIDDEN: Final = '<>"|?*:'
UNADDRESSABLE: Final = "%?#"
"""They mean something in the path of a URL, by which files are read again."""

DEVICES: Final = frozenset({"CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in range(1, 10))})
Files = Mapping[str, bytes]


def relative_path(text: str) -> str | None:
    """A path below the root without what is empty; ``None`` for the root itself."""
    if "\\" in text:
        raise InvalidParameterValue(f"Path '{_shown(text)}' must use forward slashes as separators.")
    if text.startswith("/"):
        raise InvalidParameterValue(f"Path '{_shown(text)}' must be relative to the content root.")
    parts = [part for part in text.split("/") if part]
    if len(parts) > DEEPEST:
        raise InvalidParameterValue(f"Path '{_shown(text)}' is nested deeper than {DEEPEST} directories.")
    for part in parts:
        _check_segment(part, text)
    if len(unicodedata.normalize("NFC", text).encode()) > LONGEST_PATH:
        raise InvalidParameterValue(f"Path '{_shown(text)}' is longer than {LONGEST_PATH} bytes.")
    return "/".join(parts) or None


def _check_segment(part: str, path: str) -> None:
    shown = _shown(path)
    if part in {".", ".."}:
        raise InvalidParameterValue(f"Path '{shown}' must not contain '.' or '..' segments.")
    if any(character in FORBIDDEN for character in part):
        raise InvalidParameterValue(f"Path '{shown}' contains a character Windows does not allow in names ({FORBIDDEN}).")
    if part[-1] in " .":
        raise InvalidParameterValue(f"Path '{shown}' has a name ending in a space or period.")
    if any(ord(character) < 32 or character == "\x7f" for character in part):
        raise InvalidParameterValue(f"Path '{shown}' must not contain control characters.")
    if any("\ud800" <= character <= "\udfff" for character in part):
        raise InvalidParameterValue(f"Path '{shown}' is not valid UTF-8.")
    if len(unicodedata.normalize("NFC", part).encode()) > LONGEST_SEGMENT:
        raise InvalidParameterValue(f"Path '{shown}' has a name longer than {LONGEST_SEGMENT} bytes.")
    if part.split(".", 1)[0].upper() in DEVICES:
        raise InvalidParameterValue(f"Path '{shown}' uses a reserved Windows device name.")


def read_archive(archive: bytes) -> Files:
    """The files of a tar by their paths. Other than files and folders it may hold nothing."""
    if not archive:
        raise InvalidParameterValue("The 'content' part is empty.")
    try:
        files = dict(_files(_unpacked(archive)))
    except (tarfile.TarError, EOFError, OSError, zlib.error, ValueError, RecursionError) as error:
        raise InvalidParameterValue(f"'content' is not a readable tar archive: {error}") from error
    if not files:
        raise InvalidParameterValue("The uploaded skill content contains no files.")
    _check_distinct(files)
    return files


def digest_of(files: Files) -> str:
    """SHA-256 over paths and contents, each after its length in eight bytes, in the order of the paths' bytes."""
    found = hashlib.sha256()
    for path, content in sorted((unicodedata.normalize("NFC", path).encode(), content) for path, content in files.items()):
        for part in (path, content):
            found.update(struct.pack(">Q", len(part)))
            found.update(part)
    return found.hexdigest()


def _unpacked(archive: bytes) -> bytes:
    """All of it, or a refusal where it is more than may be."""
    reader = zlib.decompressobj(wbits=31)
    unpacked = reader.decompress(archive, MOST_BYTES + HEADERS)
    if reader.unconsumed_tail:
        raise InvalidParameterValue(f"Archive content exceeds the skill content size limit of {MOST_BYTES} bytes.")
    if not reader.eof or reader.unused_data:
        raise InvalidParameterValue("'content' is not a readable tar archive: it is cut off, or something follows it.")
    return unpacked


def _files(unpacked: bytes) -> Iterator[tuple[str, bytes]]:
    size, seen = 0, set[str]()
    with tarfile.open(fileobj=io.BytesIO(unpacked), mode="r:") as tar:
        for count, member in enumerate(tar, start=1):
            if count > MOST_ENTRIES:
                raise InvalidParameterValue(f"Archive contains more than {MOST_ENTRIES} entries.")
            if not (member.isdir() or member.isreg()):
                raise InvalidParameterValue(f"Archive entry '{_shown(member.name)}' is not a regular file or directory.")
            path = _entry(member.name)
            size += max(member.size, 0) if member.isreg() else 0
            if size > MOST_BYTES:
                raise InvalidParameterValue(f"Archive content exceeds the skill content size limit of {MOST_BYTES} bytes.")
            if path is None or member.isdir():
                continue
            if path in seen:
                raise InvalidParameterValue(f"Path '{path}' appears more than once.")
            seen.add(path)
            content = tar.extractfile(member)
            yield path, b"" if content is None else content.read()


def _entry(name: str) -> str | None:
    try:
        path = relative_path(name.removeprefix("./")) if name not in {".", "./"} else None
    except InvalidParameterValue as error:
        raise InvalidParameterValue(f"Archive entry '{_shown(name)}' has an unsafe path: {error.message}") from None
    if path is not None and any(character in path for character in UNADDRESSABLE):
        named = ", ".join(repr(character) for character in UNADDRESSABLE)
        raise InvalidParameterValue(
            f"Uploaded skill content contains a name that cannot be downloaded back through the artifact API: '{path}'. Names must not contain "
            f"{named}."
        )
    return path


def _check_distinct(files: Files) -> None:
    """No two names are one where capitals or ways of composing letters make no difference, and no file is a folder, too."""
    known: dict[str, str] = {}
    folders = {"/".join(parts[:count]) for path in files for parts in [path.split("/")] for count in range(1, len(parts))}
    for path in sorted({*files, *folders}):
        if path in files and path in folders:
            raise InvalidParameterValue(f"Entry '{path}' is a file, but '{path}' is also a directory.")
        before = known.setdefault(unicodedata.normalize("NFC", path).casefold(), path)
        if before != path:
            raise InvalidParameterValue(
                f"Paths '{before}' and '{path}' differ only by letter case or normalization; the skill tree is ambiguous."
            )


def _shown(path: str) -> str:
    return path.encode("utf-8", "backslashreplace").decode()
