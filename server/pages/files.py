"""Files for the pages: those of runs, and those of uploaded skills."""

from collections.abc import Sequence
from urllib.parse import quote

from registry.artifacts.messages import FileInfo, ListArtifacts
from registry.artifacts.paths import artifact_path, folder_path, joined
from registry.artifacts.service import ArtifactService
from registry.artifacts.tree import ArtifactTree
from registry.runs.messages import GetRun
from registry.skills.content import SCHEME
from server.visible.calls import Calls

__all__ = ("PageFiles", "PageSkillFiles")


class PageFiles:
    """Implements ``server.ui.services.RunFiles``."""

    def __init__(self, artifacts: ArtifactService, calls: Calls) -> None:
        self._artifacts = artifacts
        self._calls = calls

    async def list(self, run_id: str, folder: str) -> Sequence[FileInfo]:
        """A folder, by name."""
        found: ListArtifacts.Response = await self._calls.ask(ListArtifacts(run_id=run_id, path=folder))
        return found.files

    async def head(self, run_id: str, path: str, limit: int) -> tuple[int, bytes]:
        """The size of a file, and its first bytes."""
        await self._calls.ask(GetRun(run_id=run_id))  # who may read the run may read its files
        tree, place = await self._artifacts.file_of_run(run_id, path)
        return await _head(tree, place, limit)


class PageSkillFiles:
    """Implements ``server.ui.skill_files.SkillFiles``."""

    def __init__(self, artifacts: ArtifactService) -> None:
        self._tree = artifacts.own

    async def list(self, source: str, folder: str) -> Sequence[FileInfo]:
        """A folder, by name."""
        found = await self._tree.list(_place(source, folder_path(folder)))
        return [FileInfo(path=joined(folder, entry.name), is_dir=entry.is_folder, file_size=entry.size) for entry in found]

    async def head(self, source: str, path: str, limit: int) -> tuple[int, bytes]:
        """The size of a file, and its first bytes."""
        return await _head(self._tree, _place(source, artifact_path(path)), limit)

    def saved_at(self, source: str, path: str) -> str:
        """The address that a file is saved from."""
        return f"/api/2.0/mlflow-artifacts/artifacts/{quote(_place(source, path))}"


async def _head(tree: ArtifactTree, path: str, limit: int) -> tuple[int, bytes]:
    size = (await tree.find(path)).size
    length = min(size, limit)
    return size, b"".join([piece async for piece in await tree.read(path, 0, length)]) if length else b""


def _place(source: str, path: str) -> str:
    """A path below the place of an upload, within the tree."""
    return joined(source.removeprefix(SCHEME), path)
