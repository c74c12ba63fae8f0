"""What happened in the registry, told in the transaction in which it happens.

A service that changes something calls ``EventSink.publish`` with the connection of its own transaction. A sink that stores what it is
told on that connection (an outbox) therefore knows of a change if and only if the change was committed, also across a killed process.

Entities and actions are MLflow's words for webhooks (``registered_model.created``, ``prompt_alias.deleted``), and the payloads have MLflow's
fields; what MLflow has no event for (``model_version.transitioned``) is named in the same way.
"""

from typing import Any, Protocol

import msgspec
from sqlalchemy import Connection
from typing_extensions import override

__all__ = ("Event", "EventSink", "NoEvents")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One change. ``entity`` and ``action`` say what kind of change; ``payload`` is what a receiver is sent.

    ``key`` names the thing that changed (``registered_model/NAME``, ``prompt/NAME``): events of one key are told in their order.
    """

    entity: str
    action: str
    key: str
    payload: dict[str, Any]
    workspace: str = ""
    """Where it happened, ``""`` for the default workspace."""

    @property
    def name(self) -> str:
        """The event's name: ``entity.action``."""
        return f"{self.entity}.{self.action}"


class EventSink(Protocol):
    """Whoever wants to know of changes."""

    def publish(self, connection: Connection, event: Event) -> None:
        """Called in a worker thread, within the transaction of the change. What it raises undoes the change."""
        ...


class NoEvents(EventSink):
    """A sink for a server in which nobody wants to know of changes."""

    @override
    def publish(self, connection: Connection, event: Event) -> None:
        """Ignore the event."""
