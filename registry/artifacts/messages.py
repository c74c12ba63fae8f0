"""MLflow's messages of artifacts."""

from typing import ClassVar

from registry.wire import Int64, Message, RequiredText

__all__ = ("FileInfo", "ListArtifacts", "ListLoggedModelArtifacts", "ListStoredArtifacts")


class FileInfo(Message):
    """A file or a folder, by its path from the root of the run."""

    path: str
    is_dir: bool
    file_size: Int64 | None = None


class ListStoredArtifacts(Message):
    """``ListArtifacts`` of the artifact service: a folder by its path in the tree."""

    path: str = ""

    class Response(Message):
        """Paths are names within the folder."""

        files: list[FileInfo] = []


class ListArtifacts(Message):
    """A folder of a run."""

    older_names: ClassVar[dict[str, str]] = {"run_uuid": "run_id"}

    run_id: RequiredText
    path: str = ""
    page_token: str | None = None

    class Response(Message):
        """All of it: there is one page."""

        root_uri: str
        files: list[FileInfo] = []


class ListLoggedModelArtifacts(Message):
    """A folder of a logged model."""

    model_id: RequiredText
    artifact_directory_path: str = ""
    page_token: str | None = None

    class Response(Message):
        """All of it: there is one page."""

        root_uri: str
        files: list[FileInfo] = []
