"""Which endpoints of the gateway a scorer uses is noted where those are kept."""

from collections.abc import Collection
from typing import Protocol

from sqlalchemy import Connection
from typing_extensions import override

__all__ = ("Endpoints", "NoEndpoints")


class Endpoints(Protocol):
    """The endpoints that were set up at the gateway, in the transaction that changes a scorer."""

    def used_by(self, connection: Connection, scorer_id: str, names: Collection[str]) -> None:
        """Note that a scorer uses the endpoints of these names, and no others. A name that is none's is passed over."""
        ...


class NoEndpoints(Endpoints):
    """For scorers that stand alone."""

    @override
    def used_by(self, connection: Connection, scorer_id: str, names: Collection[str]) -> None:
        """Nothing to note it on."""
