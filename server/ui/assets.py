"""Stylesheet, scripts and icons: read once, named by their common hash, kept by browsers for good.

The hash is part of the path (``/static/3f2a…/app.js``), so a module that imports ``./keys.js`` gets the file of the same build.
"""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

__all__ = ("Asset", "asset", "asset_url", "build")

_FOLDER: Final = Path(__file__).parent / "static"
_MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


class Asset(msgspec.Struct, frozen=True):
    """One static file."""

    body: bytes
    media_type: str
    etag: str


def asset(path: str) -> Asset | None:
    """The file of a path below ``static/``; ``None`` for any other path, whatever tricks it holds."""
    return _assets().get(path)


def asset_url(path: str) -> str:
    """The address of a static file; ``KeyError`` when there is none, so that a misspelt name fails its first test."""
    _assets()[path]
    return f"/static/{build()}/{path}"


@cache
def build() -> str:
    """Twelve digits that change whenever any static file does."""
    digest = sha256()
    for path, found in sorted(_assets().items()):
        digest.update(path.encode() + b"\0" + found.etag.encode())
    return digest.hexdigest()[:12]


@cache
def _assets() -> dict[str, Asset]:
    return {file.relative_to(_FOLDER).as_posix(): _read(file) for file in _FOLDER.rglob("*") if file.suffix in _MEDIA_TYPES}


def _read(file: Path) -> Asset:
    body = file.read_bytes()
    return Asset(body, _MEDIA_TYPES[file.suffix], f'"{sha256(body).hexdigest()[:32]}"')
