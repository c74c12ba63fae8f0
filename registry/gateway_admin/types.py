"""What this area needs of others, and what it gives to the gateway."""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

import msgspec
from sqlalchemy import Connection

from config.schema import LimitSettings, ProviderSettings, RouteSettings
from config.settings.guardrails import GuardrailSettings
from registry.gateway_admin.policy_messages import GuardrailScorer

__all__ = ("Administered", "Experiments", "Metadata", "Scorers", "Tracked")

T = TypeVar("T")


class Metadata(Protocol):
    """The metadata database."""

    async def run(self, fn: Callable[[Connection], T]) -> T:
        """Run ``fn`` in a worker thread, within one transaction."""
        ...

    async def read(self, fn: Callable[[Connection], T]) -> T:
        """The same for work that only reads."""
        ...


class Experiments(Protocol):
    """The experiment that the traces of an endpoint belong to."""

    async def ensure(self, name: str, tags: Mapping[str, str]) -> str | None:
        """The id of the experiment of this name, which is made with these tags when it is new; ``None`` when there are no experiments."""
        ...


class Scorers(Protocol):
    """Registered scorers, which guardrails are made of."""

    async def find(self, scorer_id: str, version: int) -> GuardrailScorer:
        """A registered scorer. Raises ``ResourceDoesNotExist``."""
        ...

    def endpoint_renamed(self, connection: Connection, old: str, new: str) -> None:
        """Let judges that ask an endpoint go on asking it. One step of the transaction that renames it."""
        ...


class Tracked(msgspec.Struct, frozen=True):
    """An endpoint whose traces belong to an experiment."""

    endpoint_id: str
    experiment_id: str


class Administered(msgspec.Struct, frozen=True, kw_only=True):
    """What was set up through the API, in the form of the settings, to be laid beside those of the file.

    ``endpoints`` are the ids of those that answer, by name. ``tracked`` are the endpoints, by name, that have an experiment. ``idle`` says of each endpoint, model or budget that has no effect why that is.
    """

    providers: Mapping[str, ProviderSettings] = {}
    routes: tuple[RouteSettings, ...] = ()
    limits: tuple[LimitSettings, ...] = ()
    guardrails: tuple[GuardrailSettings, ...] = ()
    endpoints: Mapping[str, str] = {}
    tracked: Mapping[str, Tracked] = {}
    idle: Mapping[str, str] = {}
