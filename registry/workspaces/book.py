"""All workspaces, and which experiment is in which, in memory: requests are confined without a database nearly always."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from sqlalchemy import Connection

from registry.access.accounts import Metadata
from registry.access.types import CALLER
from registry.artifacts.trees import own_path
from registry.errors import PermissionDenied, ResourceDoesNotExist
from registry.workspaces import store
from registry.workspaces.names import check_name
from registry.workspaces.scope import DEFAULT, WORKSPACE
from storage.errors import Unavailable

__all__ = ("WorkspaceBook",)

T = TypeVar("T")
LOOK_SECONDS: Final = 5.0
REMEMBERED: Final = 100_000
LARGEST: Final = 2**31 - 1

logger = logging.getLogger(__name__)


class WorkspaceBook:
    """What is known of workspaces. Other processes' changes are seen within ``LOOK_SECONDS``."""

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata
        self.elsewhere: dict[str, str] = {}
        """Where experiments are that are not in the default workspace, and folders of files. One mapping for good: others look into it, too."""
        self._meanwhile: dict[str, str] = {}
        self._loading = asyncio.Lock()
        self._names: frozenset[str] = frozenset()
        self._places: dict[str, str] = {}

    @property
    def divided(self) -> bool:
        """Whether there is one beside ``default``, or was."""
        return bool(self._names or self.elsewhere)

    def knows(self, name: str) -> bool:
        """Whether there is such a workspace."""
        return name == DEFAULT or name in self._names

    def opens(self, name: str) -> bool:
        """Whether there is such a workspace, and the caller may enter it."""
        caller = CALLER.get()
        return self.knows(name) and (caller is None or caller.belongs_to(name))

    def opened(self) -> tuple[str, ...]:
        """All workspaces that the caller may enter, by name, the default one first."""
        return (DEFAULT, *(name for name in sorted(self._names) if self.opens(name)))

    async def load(self) -> None:
        """Read all names; where experiments are is asked again."""
        async with self._loading:
            self._meanwhile = {}  # what is put somewhere while the tables are read may be in them, or not yet
            self._names, elsewhere = await self._metadata.read(_read)
            self._places = {}
            self.elsewhere.clear()
            self.elsewhere.update(elsewhere | self._meanwhile)

    async def run(self) -> None:
        """Look for changes of other processes until cancelled. While the database is away, what was known stays."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.load()
            except Unavailable as error:
                logger.warning("workspaces stay as they are known, their database is away: %s", error)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Ask the tables."""
        return await self._metadata.read(work)

    async def change(self, work: Callable[[Connection], T]) -> T:
        """Change the tables, and know it."""
        done = await self._metadata.run(work)
        await self.load()
        return done

    def put(self, experiment: str, workspace: str) -> None:
        """An experiment is there."""
        self._places[experiment] = workspace
        if workspace != DEFAULT:
            self.elsewhere[experiment] = self._meanwhile[experiment] = workspace

    async def locate(self, experiments: Iterable[str]) -> None:
        """Know where these experiments are."""
        unknown = [each for each in experiments if each not in self._places and each.isdecimal() and int(each) <= LARGEST]
        if unknown:
            if len(self._places) > REMEMBERED:
                self._places = {}
            found = await self._metadata.read(lambda connection: store.workspaces_of(connection, [int(each) for each in unknown]))
            for each in unknown:
                if int(each) in found:
                    self.put(each, found[int(each)])

    def holds(self, workspace: str, experiment: str) -> bool:
        """Whether an experiment that was located is in a workspace; one that is nowhere is in all: who asks for it is told so."""
        return self._places.get(experiment, workspace) == workspace

    @contextmanager
    def entered(self, name: str) -> Iterator[None]:
        """Within, a request is in the workspace of this name, and its caller has what they may do there.

        Without a name it is in the default one. Raises ``InvalidParameterValue``, ``ResourceDoesNotExist`` and ``PermissionDenied``.
        """
        if not name and not self.divided:
            yield
            return
        name = name or DEFAULT
        if not self.knows(name):
            check_name(name)
            raise ResourceDoesNotExist(f"Workspace '{name}' not found")
        caller = CALLER.get()
        if caller is not None and not caller.belongs_to(name):
            raise PermissionDenied(f"Permission denied for workspace '{name}'.")
        place = WORKSPACE.set(name if self.divided else None)
        person = CALLER.set(None if caller is None else caller.within(name))
        try:
            yield
        finally:
            CALLER.reset(person)
            WORKSPACE.reset(place)


def _read(connection: Connection) -> tuple[frozenset[str], dict[str, str]]:
    """All names, and what is elsewhere: experiments by their number, folders of files by their path."""
    known = store.read_workspaces(connection)
    found = store.experiments_elsewhere(connection)
    roots = [(each.artifact_root, each.name) for each in known]
    apart = [(uri, name) for number, name, uri in found if not uri.endswith(f":/{number}")]  # not in a folder of their number
    folders = {path: name for uri, name in (*roots, *apart) if (path := own_path(uri))}
    return frozenset(each.name for each in known), folders | {str(number): name for number, name, _ in found}
