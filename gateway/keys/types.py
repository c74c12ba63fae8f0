"""Virtual keys: what callers of the gateway show, and what we know of each.

Times are UTC; in JSON they are RFC 3339 text. A key's own text exists in one answer, that to its creation.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from config.schema import LimitSettings

__all__ = ("Caller", "CreatedKey", "KeyChange", "KeyPage", "KeyState", "NewKey", "VirtualKey")

KeyState = Literal["active", "disabled", "expired", "revoked"]
Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,128}\Z", description="1 to 128 letters, digits, '_', '.' or '-'")]
Word = Annotated[str, Meta(max_length=256)]


class NewKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a caller asks for. ``routes`` and ``models`` (``provider/model``, ``*`` for anything) are all that it opens; empty: everything.

    ``limits`` are ceilings for this key, in the form of the settings.
    """

    name: Name
    team: Word = ""
    user: Word = ""
    routes: tuple[Word, ...] = ()
    models: tuple[Word, ...] = ()
    limits: tuple[LimitSettings, ...] = ()
    expires_at: datetime | None = None


class VirtualKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key. ``prefix`` are the first letters of its text, so that people tell keys apart."""

    id: str
    name: str
    prefix: str
    team: str = ""
    user: str = ""
    routes: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    limits: tuple[LimitSettings, ...] = ()
    expires_at: datetime | None = None
    disabled_at: datetime | None = None
    revoked_at: datetime | None = None
    created_at: datetime

    def state(self, now: datetime) -> KeyState:
        """Whether it opens anything, and if not, why."""
        if self.revoked_at is not None:
            return "revoked"
        if self.disabled_at is not None:
            return "disabled"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "active"


class CreatedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A new key with its text, which is never shown again."""

    key: str
    about: VirtualKey


class KeyChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may change of a key."""

    disabled: bool


class KeyPage(msgspec.Struct, frozen=True):
    """Keys by name, revoked ones last."""

    keys: list[VirtualKey]


class Caller(msgspec.Struct, frozen=True):
    """Who sends a request, as far as the gateway knows: the key that was shown, its team, and the user it acts for."""

    key: VirtualKey | None = None
    team: str = ""
    user: str = ""
