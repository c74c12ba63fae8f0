"""Artifacts as the mlflow client and a browser ask for them: by run, by logged model, by version, or by path."""

from registry.artifacts.kept import is_of_skill
from registry.artifacts.messages import FileInfo, ListArtifacts, ListLoggedModelArtifacts, ListStoredArtifacts
from registry.artifacts.paths import artifact_path, folder_path, joined
from registry.artifacts.roots import ArtifactRoots
from registry.artifacts.tree import ArtifactTree
from registry.artifacts.trees import Trees
from registry.errors import InvalidParameterValue

__all__ = ("ArtifactService", "FoundFile")

FoundFile = tuple[ArtifactTree, str]
"""A tree, and the path of a file in it that may or may not be there."""


class ArtifactService:
    """Methods raise the tree of ``registry.errors``."""

    def __init__(self, trees: Trees, roots: ArtifactRoots) -> None:
        self._trees = trees
        self._roots = roots

    @property
    def own(self) -> ArtifactTree:
        """The tree behind ``mlflow-artifacts:/``."""
        return self._trees.own

    async def remove_of(self, uri: str, name: str) -> bool:
        """Remove the folder called ``name`` that a place is, or lies in, with all in it. ``False``: that is not where this server reads."""
        try:
            tree, folder = self._trees.find(uri)
        except InvalidParameterValue:
            return False
        parts = folder.split("/")
        if name not in parts:
            return False
        await tree.delete("/".join(parts[: parts.index(name) + 1]))
        return True

    @staticmethod
    def is_kept(path: str) -> bool:
        """Whether what lies there never changes: files of skills."""
        return is_of_skill(path)

    async def remove_unfinished(self, before: float) -> None:
        """Remove what uploads that a kill cut off left behind. ``before``: when this process began, in seconds since the epoch."""
        for tree in self._trees.all:
            await tree.blobs.remove_unfinished(before)

    async def list_stored(self, request: ListStoredArtifacts) -> ListStoredArtifacts.Response:
        """A folder of the tree."""
        return ListStoredArtifacts.Response(files=await _files(self.own, "", folder_path(request.path), named_from=""))

    async def list_run(self, request: ListArtifacts) -> ListArtifacts.Response:
        """A folder of a run, deleted or not."""
        root = await self._roots.of_run(request.run_id)
        return ListArtifacts.Response(root_uri=root, files=await self._below(root, request.path))

    async def list_logged_model(self, request: ListLoggedModelArtifacts) -> ListLoggedModelArtifacts.Response:
        """A folder of a logged model."""
        root = await self._roots.of_logged_model(request.model_id)
        return ListLoggedModelArtifacts.Response(root_uri=root, files=await self._below(root, request.artifact_directory_path))

    async def file_of_run(self, run_id: str, path: str) -> FoundFile:
        """A file of a run."""
        path = artifact_path(path)
        return self._file(await self._roots.of_run(run_id), path)

    async def file_of_logged_model(self, model_id: str, path: str) -> FoundFile:
        """A file of a logged model."""
        path = artifact_path(path)
        return self._file(await self._roots.of_logged_model(model_id), path)

    async def new_file(self, run_id: str | None, model_id: str | None, path: str) -> FoundFile:
        """A file, to be written, of a run or of a logged model, whichever is named."""
        path = artifact_path(path)
        root = await (self._roots.of_run(run_id) if run_id else self._roots.of_logged_model(model_id or ""))
        return self._file(root, path)

    async def file_of_version(self, name: str, version: str, path: str) -> FoundFile:
        """A file of a version of a registered model."""
        path = artifact_path(path)
        return self._file(await self._roots.of_version(name, version), path)

    def _file(self, root: str, path: str) -> FoundFile:
        tree, folder = self._trees.find(root)
        return tree, joined(folder, path)

    async def _below(self, root: str, path: str) -> list[FileInfo]:
        path = folder_path(path)
        tree, folder = self._trees.find(root)
        return await _files(tree, folder, path, named_from=path)


async def _files(tree: ArtifactTree, folder: str, path: str, *, named_from: str) -> list[FileInfo]:
    entries = await tree.list(joined(folder, path))
    return [FileInfo(path=joined(named_from, entry.name), is_dir=entry.is_folder, file_size=entry.size) for entry in entries]
