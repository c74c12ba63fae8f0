"""What a browser is told of a file that somebody uploaded. Nothing of it may ever run as a page of ours. Pure."""

import re
import unicodedata
from typing import Final
from urllib.parse import quote

__all__ = ("SAFE_HEADERS", "attachment", "media_type")

SAFE_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
"""Should a browser show a file all the same, then as no page of any origin, without scripts, and unable to load anything."""

TEXT: Final = frozenset(
    [
        "txt",
        "log",
        "err",
        "cfg",
        "conf",
        "cnf",
        "cf",
        "ini",
        "properties",
        "prop",
        "hocon",
        "toml",
        "yaml",
        "yml",
        "xml",
        "json",
        "jsonl",
        "js",
        "mjs",
        "ts",
        "css",
        "html",
        "htm",
        "xhtml",
        "py",
        "py3",
        "ipynb",
        "csv",
        "tsv",
        "md",
        "rst",
        "sql",
        "sh",
        "r",
        "java",
        "scala",
        "go",
        "rs",
        "c",
        "h",
        "cpp",
        "MLmodel",
        "MLproject",
        "mlproject",
    ]
)
"""Shown as what it is written in, never as what it would become: a page is text too."""

TYPES: Final = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "bmp": "image/bmp",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "zip": "application/zip",
    "gz": "application/gzip",
    "mp3": "audio/mpeg",
    "wav": "audio/x-wav",
    "mp4": "video/mp4",
    "webm": "video/webm",
}

TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""What needs no quotes in a header (RFC 9110)."""


def media_type(name: str) -> str:
    """The type to send a file as, by its name. What is not known is bytes; no charset is claimed, as nobody looked at the text."""
    extension = name.rpartition(".")[2]
    if extension in TEXT or extension.lower() in TEXT:
        return "text/plain"
    return TYPES.get(extension.lower(), "application/octet-stream")


def attachment(name: str) -> str:
    """``Content-Disposition`` for saving a file under its name (RFC 6266), in ASCII."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode() or "download"
    quoted = plain if TOKEN.fullmatch(plain) else '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
    extended = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return f"attachment; filename={quoted}{extended}"
