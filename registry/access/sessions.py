"""What a browser carries after somebody signed in: a sealed cookie that ends by itself, and with the password it was given for.

Nothing is kept on the server: every process that has the sealing key knows every session.
"""

import time
from hashlib import sha256
from typing import Final

import msgspec

from config.secrets import Secret
from storage.errors import SealBroken
from storage.sealing import Seal

__all__ = ("COOKIE", "Session", "Sessions", "mark_of")

COOKIE: Final = "tidegate_session"
PLACE: Final = "session"


class Session(msgspec.Struct, frozen=True):
    """A session: whose it is, until when (seconds since the epoch), and the mark of the password that it was given for."""

    user_id: int
    until: float
    mark: str


class Sessions:
    """Makes and reads the cookie's value."""

    def __init__(self, seal: Seal, hours: float) -> None:
        self._seal = seal
        self.seconds = hours * 3600

    def make(self, user_id: int, mark: str) -> str:
        """A session that begins now."""
        session = Session(user_id, time.time() + self.seconds, mark)
        return self._seal.seal(Secret(msgspec.json.encode(session).decode(), PLACE), PLACE)

    def read(self, value: str) -> Session | None:
        """The session, while it lasts; ``None`` for what is none of ours, too."""
        try:
            session = msgspec.json.decode(self._seal.unseal(value, PLACE).reveal(), type=Session)
        except (SealBroken, msgspec.DecodeError):
            return None
        return session if session.until > time.time() else None


def mark_of(password_hash: str) -> str:
    """A digest of a password's hash, kept in sessions, so that they end when the password changes."""
    return sha256(password_hash.encode()).hexdigest()[:16]
