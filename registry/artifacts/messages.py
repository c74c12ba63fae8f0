"""MLflow's messages of artifacts."""

from typing import ClassVar

from registry.wire import Int64, Message, RequiredText

__all__ = (
    "AbortMultipartUpload",
    "CompleteMultipartUpload",
    "CreateMultipartUpload",
    "CreatePresignedDownloadUrl",
    "CreatePresignedUploadUrl",
    "FileInfo",
    "GetPresignedDownloadUrl",
    "ListArtifacts",
    "ListLoggedModelArtifacts",
    "ListStoredArtifacts",
    "MultipartUploadCredential",
    "MultipartUploadPart",
)


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


class MultipartUploadCredential(Message):
    """Where one part is to be sent with PUT."""

    url: str
    part_number: Int64
    headers: dict[str, str] = {}


class MultipartUploadPart(Message):
    """A part that was sent, and the ``ETag`` of the answer."""

    part_number: Int64 | None = None
    etag: str | None = None
    url: str | None = None


class CreateMultipartUpload(Message):
    """Begin an upload. ``artifact_path`` is the folder, of the URL; ``path`` the file's name, from old clients with the folders it has there."""

    artifact_path: str = ""
    path: RequiredText
    num_parts: Int64 | None = None

    class Response(Message):
        """As many credentials as parts, in their order."""

        upload_id: str
        credentials: list[MultipartUploadCredential] = []


class CompleteMultipartUpload(Message):
    """Make the file of its parts."""

    artifact_path: str = ""
    path: RequiredText
    upload_id: str | None = None
    parts: list[MultipartUploadPart] = []


class AbortMultipartUpload(Message):
    """Forget the parts."""

    artifact_path: str = ""
    path: RequiredText
    upload_id: str | None = None


class GetPresignedDownloadUrl(Message):
    """Where to read a file of the tree."""

    artifact_path: RequiredText

    class Response(Message):
        """A URL of the store itself. ``headers`` go with the request for it."""

        url: str
        headers: dict[str, str]
        file_size: Int64 | None = None


class CreatePresignedUploadUrl(Message):
    """Where to write a file of a run or of a logged model; ``expiration`` is in seconds."""

    run_id: str | None = None
    model_id: str | None = None
    path: RequiredText
    expiration: Int64 | None = None

    class Response(Message):
        """A URL of the store itself. ``headers`` go with the request for it."""

        presigned_url: str
        headers: dict[str, str]


class CreatePresignedDownloadUrl(Message):
    """Where to read a file of a run; ``expiration`` is in seconds."""

    run_id: RequiredText
    path: RequiredText
    expiration: Int64 | None = None

    class Response(Message):
        """A URL of the store itself. ``headers`` go with the request for it."""

        presigned_url: str
        headers: dict[str, str]
        file_size: Int64 | None = None
