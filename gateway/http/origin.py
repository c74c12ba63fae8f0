"""Where requests go: scheme, host and port, and the headers' first lines."""

from typing import Self
from urllib.parse import urlsplit

import msgspec

__all__ = ("Origin",)


class Origin(msgspec.Struct, frozen=True):
    """One address. ``base_path`` is put in front of each path; it has no slash at its end."""

    secure: bool
    host: str
    port: int
    base_path: str

    @classmethod
    def of(cls, url: str) -> Self:
        """From a base URL that configuration has checked. A query or fragment in it is left out."""
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        return cls(secure, parts.hostname or "", parts.port or (443 if secure else 80), parts.path.rstrip("/"))

    @property
    def authority(self) -> str:
        """As the ``Host`` header names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"
