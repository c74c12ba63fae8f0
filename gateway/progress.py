"""What was decided of a request so far. The steps of an exchange read and write it."""

from collections.abc import Mapping
from typing import Final

from msgspec import structs

from gateway.asking import Asking
from gateway.heads import head_of
from gateway.policies import Call, Policy
from gateway.pursuit import Pursuit
from gateway.record import Recording
from gateway.snapshot import Snapshot
from gateway.types import Inbound, Provider, Target
from gateway.wire.openai import RequestHead

__all__ = ("Edits", "Progress")

Edits = Mapping[str, bytes | None]
"""Members of the body that are replaced on the way, or left out."""

NO_EDITS: Final[Edits] = {}
NOBODY: Final = Target("", "")


class Progress:
    """One request, from its head to its end. A plain class rather than a struct: it is changed at every step."""

    __slots__ = (
        "admitting",
        "asking",
        "call",
        "dropped",
        "edits",
        "head",
        "inbound",
        "pursuit",
        "recording",
        "route",
        "snapshot",
        "target",
    )

    def __init__(self, snapshot: Snapshot, recording: Recording, inbound: Inbound, head: RequestHead, edits: Edits = NO_EDITS) -> None:
        self.snapshot = snapshot
        self.recording = recording
        self.inbound = inbound
        self.head = head
        self.edits = edits
        self.asking = Asking(recording.traceparent, snapshot.media)
        self.target = NOBODY
        """Who is asked, or was last; nobody's name is empty."""
        self.route = ""
        self.dropped: tuple[str, ...] = ()
        """What the target's dialect had no words for."""
        self.pursuit: Pursuit | None = None
        """On a route with rules."""
        self.call: Call | None = None
        """Where there are policies."""
        self.admitting: list[Policy] = []
        """Those that let it pass, and are told of its end."""

    def rewrite(self, body: bytes) -> None:
        """Replace the request: ``body`` is what is sent and recorded from here on."""
        self.inbound = structs.replace(self.inbound, body=body)
        self.head = head_of(self.inbound)
        self.edits = NO_EDITS
        self.recording.rewritten(self.inbound, self.head)

    def aim(self, target: Target, provider: Provider) -> None:
        """Note that ``target`` is being asked."""
        self.target = target
        self.recording.target(target, provider.system, provider.address)
        if self.call is not None:
            self.call.target = target
