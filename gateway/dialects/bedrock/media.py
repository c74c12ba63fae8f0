"""Images, documents, sounds and films as Converse takes them: bytes, or an object in S3. Pure."""

import re
from collections.abc import Mapping
from typing import Any, Final

from gateway.dialects.types import Media

__all__ = ("Names", "media_block")

Block = dict[str, Any]

_FORMATS: Final[Mapping[str, Mapping[str, str]]] = {
    "image": {"image/png": "png", "image/jpeg": "jpeg", "image/jpg": "jpeg", "image/gif": "gif", "image/webp": "webp"},
    "document": {
        "application/pdf": "pdf",
        "text/csv": "csv",
        "application/msword": "doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
        "application/vnd.ms-excel": "xls",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
        "text/html": "html",
        "text/plain": "txt",
        "text/markdown": "md",
    },
    "audio": {
        "audio/mpeg": "mp3",
        "audio/mp3": "mp3",
        "mp3": "mp3",
        "audio/wav": "wav",
        "audio/x-wav": "wav",
        "wav": "wav",
        "audio/aac": "aac",
        "audio/flac": "flac",
        "audio/ogg": "ogg",
        "audio/opus": "opus",
    },
    "video": {
        "video/mp4": "mp4",
        "video/quicktime": "mov",
        "video/webm": "webm",
        "video/x-matroska": "mkv",
        "video/mpeg": "mpeg",
        "video/x-flv": "flv",
        "video/x-ms-wmv": "wmv",
        "video/3gpp": "three_gp",
    },
}
_BEGINNINGS: Final = (("iVBORw", "png"), ("/9j/", "jpeg"), ("R0lGOD", "gif"), ("UklGR", "webp"))
"""How images begin, in base64: clients often name another type than the one that they send, and AWS looks."""

_FORBIDDEN: Final = re.compile(r"[^A-Za-z0-9\s()\[\]-]")
_SPACES: Final = re.compile(r"\s+")


class Names:
    """Names of documents: of letters that AWS takes, and no two alike within a request."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def name(self, wanted: str | None) -> str:
        """A name like ``wanted`` that AWS accepts and no other document of the request has."""
        plain = _SPACES.sub(" ", _FORBIDDEN.sub("-", wanted or "document")).strip()[:180] or "document"
        name, count = plain, 1
        while name in self._given:
            count += 1
            name = f"{plain} ({count})"
        self._given.add(name)
        return name


def media_block(part: Media, names: Names) -> Block | None:
    """A medium as a block; ``None`` for what Converse cannot take.

    That is another vendor's file, an address that nobody fetched, or a format that it does not know.
    """
    source = _source(part)
    kind = _format(part)
    if source is None or kind is None:
        return None
    if part.kind != "document":
        return {part.kind: {"format": kind, "source": source}}
    document: Block = {"format": kind, "name": names.name(part.name), "source": source}
    if part.cited is not None:
        document["citations"] = {"enabled": part.cited}
    return {"document": document}


def _source(part: Media) -> Block | None:
    if part.text is not None:
        return {"text": part.text} if part.kind == "document" else None
    if part.data:
        return {"bytes": part.data}
    if part.url is not None and part.url.startswith("s3://"):
        return {"s3Location": {"uri": part.url}}
    return None


def _format(part: Media) -> str | None:
    if part.kind == "image" and part.data:
        found = next((kind for beginning, kind in _BEGINNINGS if part.data.startswith(beginning)), None)
        if found is not None:
            return found
    if part.text is not None:
        return "txt"
    return _FORMATS[part.kind].get((part.media_type or "").partition(";")[0].lower()) or _by_suffix(part)


def _by_suffix(part: Media) -> str | None:
    """The format of a medium by the end of its name, where no type was said."""
    suffix = (part.url or part.name or "").rpartition(".")[2].lower()
    suffix = {"jpg": "jpeg", "htm": "html", "markdown": "md"}.get(suffix, suffix)
    return suffix if suffix in _FORMATS[part.kind].values() else "pdf" if part.kind == "document" and part.media_type is None else None
