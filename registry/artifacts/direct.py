"""Transfers that go past this server: signed URLs of the store, and uploads in parts. Only where the store has them and the settings allow it.

What cannot be done is answered 501, upon which the client sends the file to us.
"""

import ntpath
from typing import Final

from registry.artifacts.messages import (
    AbortMultipartUpload,
    CompleteMultipartUpload,
    CreateMultipartUpload,
    CreatePresignedDownloadUrl,
    CreatePresignedUploadUrl,
    GetPresignedDownloadUrl,
    MultipartUploadCredential,
    MultipartUploadPart,
)
from registry.artifacts.paths import artifact_path, folder_path, joined
from registry.artifacts.service import ArtifactService
from registry.artifacts.tree import ArtifactTree
from registry.errors import InvalidParameterValue, NotImplementedHere
from registry.wire.tolerant import missing_value
from storage.blob_multipart import MAX_PARTS, Part, S3Multipart
from storage.errors import BlobNotFound

__all__ = ("DirectTransfers",)

SECONDS: Final = 900
"""How long a URL is good for, where nobody says how long."""

PART_SECONDS: Final = 6 * 3600
"""The same for a part: all of them are signed before the first is sent."""

LONGEST: Final = 604_800
"""A week: no cloud signs for longer."""


class DirectTransfers:
    """Methods raise the tree of ``registry.errors``."""

    def __init__(self, service: ArtifactService, *, allowed: bool) -> None:
        self._service = service
        self._allowed = allowed

    @property
    def signs(self) -> bool:
        """Whether files can be read and written under signed URLs."""
        return self._allowed and self._service.own.blobs.signs

    @property
    def takes_parts(self) -> bool:
        """Whether files can be uploaded in parts."""
        return self._allowed and self._service.own.blobs.takes_parts

    async def create(self, request: CreateMultipartUpload) -> CreateMultipartUpload.Response:
        """Begin an upload in parts."""
        upload = await self._upload(request.artifact_path, request.path)
        parts = 1 if request.num_parts is None else request.num_parts
        if not 1 <= parts <= MAX_PARTS:
            raise InvalidParameterValue(f"num_parts must be between 1 and {MAX_PARTS} (got {parts}).")
        upload_id = await upload.begin()
        urls = await upload.urls(upload_id, parts, PART_SECONDS)
        credentials = [MultipartUploadCredential(url=url, part_number=number) for number, url in enumerate(urls, 1)]
        return CreateMultipartUpload.Response(upload_id=upload_id, credentials=credentials)

    async def complete(self, request: CompleteMultipartUpload) -> None:
        """Put the file together from the parts that were sent."""
        if not request.parts:
            raise missing_value("parts")
        upload = await self._upload(request.artifact_path, request.path)
        try:
            await upload.complete(_upload_id(request.upload_id), [_part(number, part) for number, part in enumerate(request.parts)])
        except BlobNotFound as error:
            raise InvalidParameterValue(f"{error}.") from error

    async def abort(self, request: AbortMultipartUpload) -> None:
        """Discard the parts that were sent."""
        upload = await self._upload(request.artifact_path, request.path)
        try:
            await upload.abort(_upload_id(request.upload_id))
        except BlobNotFound as error:
            raise InvalidParameterValue(f"{error}.") from error

    async def download(self, request: GetPresignedDownloadUrl) -> GetPresignedDownloadUrl.Response:
        """A signed URL to read a file of our own tree."""
        path = artifact_path(request.artifact_path)
        tree = self._service.own
        self._check_signs(tree, "Multipart download")
        info = await tree.find(path)
        return GetPresignedDownloadUrl.Response(url=await tree.signed("GET", path, SECONDS), headers={}, file_size=info.size)

    async def upload_url(self, request: CreatePresignedUploadUrl) -> CreatePresignedUploadUrl.Response:
        """A signed URL to write a file of a run or of a logged model."""
        if bool(request.run_id) == bool(request.model_id):
            raise InvalidParameterValue("Exactly one of run_id and model_id must be provided.")
        tree, path = await self._service.new_file(request.run_id, request.model_id, request.path)
        seconds = _seconds(request.expiration)
        self._check_signs(tree, "Presigned upload")
        return CreatePresignedUploadUrl.Response(presigned_url=await tree.signed("PUT", path, seconds), headers=tree.blobs.put_headers)

    async def download_url(self, request: CreatePresignedDownloadUrl) -> CreatePresignedDownloadUrl.Response:
        """A signed URL to read a file of a run."""
        seconds = _seconds(request.expiration)
        tree, path = await self._service.file_of_run(request.run_id, request.path)
        self._check_signs(tree, "Presigned download")
        info = await tree.find(path)
        url = await tree.signed("GET", path, seconds)
        return CreatePresignedDownloadUrl.Response(presigned_url=url, headers={}, file_size=info.size)

    async def _upload(self, folder: str, name: str) -> S3Multipart:
        tree = self._service.own
        place = tree.place(joined(folder_path(folder), _name(name)))
        if not (self._allowed and tree.blobs.takes_parts):
            raise _unsupported("Multipart upload")
        return await tree.blobs.in_parts(place)

    def _check_signs(self, tree: ArtifactTree, what: str) -> None:
        if not (self._allowed and tree.blobs.signs):
            raise _unsupported(what)


def _unsupported(what: str) -> NotImplementedHere:
    return NotImplementedHere(f"{what} is not supported for the current artifact repository")


def _name(path: str) -> str:
    """The file's name: clients before 3.18 send the path it has on their machine."""
    return artifact_path(ntpath.basename(path))


def _upload_id(given: str | None) -> str:
    if not given:
        raise missing_value("upload_id")
    return given


def _part(index: int, part: MultipartUploadPart) -> Part:
    if part.part_number is None or not part.etag:
        raise missing_value(f"parts[{index}].{'etag' if part.part_number is not None else 'part_number'}")
    return Part(part.part_number, part.etag)


def _seconds(given: int | None) -> int:
    seconds = SECONDS if given is None else given
    if not 1 <= seconds <= LONGEST:
        raise InvalidParameterValue(f"expiration must be between 1 and {LONGEST} seconds (got {seconds}).")
    return seconds
