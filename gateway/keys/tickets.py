"""Tickets: in them an upload goes on that was begun with a key. Its parts come without one, as Google's clients send them.

A ticket stands in the address that the parts are sent to: who began the upload, and where it goes on at the vendor, sealed. Whoever has the address
can send parts of that one upload for a day, in the name of the key that began it and while that key is good; nothing else opens with it. Nothing is
remembered, so every process that has the same sealing key lets the parts in.
"""

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

import msgspec

from config.secrets import Secret
from gateway.errors import UploadNotFound
from gateway.keys.presented import GOOGLE_PATHS, PROOFS
from storage.errors import SealBroken

if TYPE_CHECKING:
    from storage.sealing import Seal  # what it loads takes megabytes, and few processes see an upload

__all__ = ("Ticket", "UploadTickets", "ticket_in_query")

SECONDS: Final = 24 * 3600
"""How long an upload may take."""

_FOR: Final = "upload"
_SHOWN: Final = PROOFS | {b"x-tidegate-user-id"}


class Ticket(msgspec.Struct, frozen=True):
    """``path`` is where the upload goes on at ``provider``, query included; ``shown`` are the headers by which its beginning was let in.

    ``until`` is in seconds since the epoch.
    """

    provider: str
    path: str
    shown: list[tuple[str, str]]
    until: int

    def admits(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """``headers`` of a part, with what the beginning showed in place of whatever they show."""
        shown = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.shown]
        return [*(header for header in headers if header[0] not in _SHOWN), *shown]


_TICKET: Final = msgspec.json.Decoder(Ticket)


class UploadTickets:
    """Writes and reads them. ``seal`` is asked for when the first is."""

    def __init__(self, seal: "Callable[[], Seal]") -> None:
        self._seal = seal

    def write(self, provider: str, path: str, headers: Iterable[tuple[bytes, bytes]]) -> str:
        """A ticket for who sent ``headers``, fit for a URL."""
        shown = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers if name in _SHOWN]
        ticket = Ticket(provider, path, shown, int(time.time()) + SECONDS)
        return self._seal().seal(Secret(msgspec.json.encode(ticket).decode()), _FOR).rstrip("=")

    def read(self, text: str) -> Ticket:
        """Open a ticket. Raises ``UploadNotFound`` for what is no ticket of ours, or is too old."""
        try:
            opened = self._seal().unseal(text + "=" * (-len(text.rpartition(".")[2]) % 4), _FOR)
            ticket = _TICKET.decode(opened.reveal())
        except (SealBroken, msgspec.MsgspecError, ValueError):
            raise UploadNotFound("No upload goes on at this address. Begin it again, and send its parts where the answer says.") from None
        if ticket.until < time.time():
            raise UploadNotFound(f"This upload was begun more than {SECONDS // 3600} hours ago. Begin it again.")
        return ticket


def ticket_in_query(path: str, query: bytes) -> str:
    """The ticket that an address of ``readdressed`` holds, unread; ``""`` where there is none."""
    if b"upload_id=" not in query or not path.startswith(GOOGLE_PATHS) or "/upload/" not in path:
        return ""
    return parse_qs(query.decode("latin-1")).get("upload_id", [""])[0]
