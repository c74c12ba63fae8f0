"""The files of uploaded skills, among the artifacts: ``skills/[~workspace/][@organization/]name/token``, each upload in a folder of its own."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Final
from uuid import uuid4

from registry.artifacts.kept import ROOT
from registry.artifacts.tree import ArtifactTree
from registry.skills.tree import Archive
from registry.skills.views import identity
from registry.workspaces.scope import DEFAULT

__all__ = ("SCHEME", "SkillContent")

SCHEME: Final = "mlflow-artifacts:/"
"""Of the place of an upload, before its path in the tree."""

logger = logging.getLogger(__name__)


class SkillContent:
    """Files are stored before their version is, and removed after it: a version is whole as long as it is there."""

    def __init__(self, tree: ArtifactTree) -> None:
        self._tree = tree

    async def store(self, workspace: str, organization: str, name: str, archive: Archive) -> str:
        """Store the files of one upload, and give the URI of their folder. What fails half-way is removed again."""
        place = f"{ROOT}/{'' if workspace == DEFAULT else f'~{workspace}/'}{identity(organization, name)}/{uuid4().hex}"
        try:
            for path in archive.paths:
                await self._tree.write(f"{place}/{path}", _pieces(archive, path))
        except BaseException:
            await self.remove(f"{SCHEME}{place}")
            raise
        return f"{SCHEME}{place}"

    async def remove(self, uri: str) -> None:
        """Remove the files of an upload. Nothing refers to them any more: where that fails, they are left, and the log says so."""
        try:
            await self._tree.delete(uri.removeprefix(SCHEME))
        except Exception as error:  # noqa: BLE001 - whatever the store says, the skill is gone already
            logger.warning("files of a removed skill are left at %s: %s", uri, type(error).__name__)


async def _pieces(archive: Archive, path: str) -> AsyncIterator[bytes]:
    pieces = archive.pieces(path)
    while piece := await asyncio.to_thread(next, pieces, b""):
        yield piece
