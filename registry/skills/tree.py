"""The files of an uploaded skill: a gzip-compressed tar, read with suspicion, and what they hash to.

Names must mean one file on every system that a skill is used on. Everything here raises ``InvalidParameterValue``. What is unpacked goes past
memory, into a file of its own: no file of it is believed before all of them are seen, so none can be stored on the way.
"""

import hashlib
import struct
import tarfile
import tempfile
import unicodedata
import zlib
from collections.abc import Collection, Iterator
from typing import IO, Final

from registry.errors import InvalidParameterValue

__all__ = ("MOST_BYTES", "Archive", "digest_of", "read_archive", "relative_path")

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
PIECE: Final = 256 * 1024


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


class Archive:
    """The files of a tar, unpacked into a file without a name: ``close`` it, and it is gone. One thread at a time may read it."""

    def __init__(self, held: IO[bytes]) -> None:
        self._held = held
        self._tar = tarfile.open(fileobj=held, mode="r:")  # noqa: SIM115 - it holds nothing but `held`, which `close` closes
        self._members = dict(_members(self._tar))

    @property
    def paths(self) -> Collection[str]:
        """The paths of all files."""
        return self._members.keys()

    def size(self, path: str) -> int:
        """The size of a file in bytes."""
        return self._members[path].size

    def pieces(self, path: str) -> Iterator[bytes]:
        """The bytes of a file."""
        content = self._tar.extractfile(self._members[path])
        while content is not None and (piece := content.read(PIECE)):
            yield piece

    def close(self) -> None:
        """Remove what was unpacked."""
        self._held.close()


def read_archive(archive: bytes) -> Archive:
    """Unpack a tar. Other than files and folders it may hold nothing."""
    if not archive:
        raise InvalidParameterValue("The 'content' part is empty.")
    held = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed with the archive
    try:
        return _read(archive, held)
    except BaseException:
        held.close()
        raise


def _read(archive: bytes, held: IO[bytes]) -> Archive:
    try:
        _unpack(archive, held)
        found = Archive(held)
    except (tarfile.TarError, EOFError, OSError, zlib.error, ValueError, RecursionError) as error:
        raise InvalidParameterValue(f"'content' is not a readable tar archive: {error}") from error
    if not found.paths:
        raise InvalidParameterValue("The uploaded skill content contains no files.")
    _check_distinct(found.paths)
    return found


def digest_of(archive: Archive) -> str:
    """SHA-256 over paths and contents, each after its length in eight bytes, in the order of the paths' bytes."""
    found = hashlib.sha256()
    for name, path in sorted((unicodedata.normalize("NFC", path).encode(), path) for path in archive.paths):
        found.update(struct.pack(">Q", len(name)) + name + struct.pack(">Q", archive.size(path)))
        for piece in archive.pieces(path):
            found.update(piece)
    return found.hexdigest()


def _unpack(archive: bytes, held: IO[bytes]) -> None:
    """Unpack an archive, and refuse one that is larger than it may be."""
    unpacked = 0
    for piece in _inflated(archive):
        unpacked += held.write(piece)
        if unpacked > MOST_BYTES + HEADERS:
            raise InvalidParameterValue(f"Archive content exceeds the skill content size limit of {MOST_BYTES} bytes.")
    held.seek(0)


def _inflated(archive: bytes) -> Iterator[bytes]:
    reader, end = zlib.decompressobj(wbits=31), 0
    while end < len(archive) and not reader.eof:
        given, end = archive[end : end + PIECE], end + PIECE
        piece = reader.decompress(given, PIECE)
        yield piece
        while reader.unconsumed_tail or len(piece) == PIECE:  # a full piece may have left more in the reader
            piece = reader.decompress(reader.unconsumed_tail, PIECE)
            yield piece
    if not reader.eof or reader.unused_data or end < len(archive):
        raise InvalidParameterValue("'content' is not a readable tar archive: it is cut off, or something follows it.")


def _members(tar: tarfile.TarFile) -> Iterator[tuple[str, tarfile.TarInfo]]:
    size, seen = 0, set[str]()
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
        yield path, member


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


def _check_distinct(files: Collection[str]) -> None:
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
