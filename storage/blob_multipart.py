"""Uploads in parts, which a client sends straight to S3 under signed URLs.

The object store signs a URL for a whole object alone, so AWS's own library does this. Where the bucket is and who we are, it is told
by the object store, by way of a URL that this one signed: one configuration decides for both.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from storage.errors import BlobNotFound, BlobsUnavailable

__all__ = ("MAX_PARTS", "Part", "S3Multipart")

T = TypeVar("T")
MAX_PARTS: Final = 10_000
"""What S3 takes for one object."""


class Part(msgspec.Struct, frozen=True):
    """One part that was sent, and what the bucket called it."""

    number: int
    etag: str


class S3Multipart:
    """Uploads of one object: ``signed`` is a URL of that object, signed for PUT. Methods raise ``BlobsUnavailable``."""

    def __init__(self, bucket: str, signed: str) -> None:
        self._bucket = bucket
        self._signed = signed

    async def begin(self) -> str:
        """The identifier of a new upload."""
        return await self._ask(lambda s3, place: str(s3.create_multipart_upload(**place)["UploadId"]))

    async def urls(self, upload_id: str, parts: int, seconds: int) -> list[str]:
        """Where to PUT each part, the first one first."""

        def sign(s3: Any, place: dict[str, str]) -> list[str]:
            given = [{**place, "UploadId": upload_id, "PartNumber": number} for number in range(1, parts + 1)]
            return [s3.generate_presigned_url("upload_part", Params=each, ExpiresIn=seconds) for each in given]

        return await self._ask(sign)

    async def complete(self, upload_id: str, parts: Sequence[Part]) -> None:
        """Make the object of its parts. Raises ``BlobNotFound`` for an upload or a part that S3 does not know."""
        sent = [{"PartNumber": part.number, "ETag": part.etag} for part in sorted(parts, key=lambda part: part.number)]
        await self._ask(lambda s3, place: s3.complete_multipart_upload(**place, UploadId=upload_id, MultipartUpload={"Parts": sent}))

    async def abort(self, upload_id: str) -> None:
        """Discard the parts that were sent. Raises ``BlobNotFound`` as ``complete`` does."""
        await self._ask(lambda s3, place: s3.abort_multipart_upload(**place, UploadId=upload_id))

    async def _ask(self, question: Callable[[Any, dict[str, str]], T]) -> T:
        """Call AWS's library in a worker thread, since it blocks."""
        return await asyncio.to_thread(self._asked, question)

    def _asked(self, question: Callable[[Any, dict[str, str]], T]) -> T:
        from botocore.exceptions import BotoCoreError, ClientError  # a third of a second, for those who need it

        place, key = _read(self._bucket, self._signed)
        try:
            return question(_client(place), {"Bucket": self._bucket, "Key": key})
        except ClientError as error:
            said = error.response.get("Error", {})
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") in {400, 404}:
                raise BlobNotFound(f"S3 refuses this upload: {said.get('Message') or said.get('Code')}") from error
            raise BlobsUnavailable(f"the bucket {self._bucket} refuses: {said.get('Code')}") from error
        except BotoCoreError as error:
            raise BlobsUnavailable(f"the bucket {self._bucket} is not available: {type(error).__name__}") from error


class _Place(msgspec.Struct, frozen=True):
    """Where a bucket is."""

    endpoint: str
    region: str
    in_path: bool
    """Whether the bucket's name is in the path of its URLs, or in the host's."""


def _read(bucket: str, signed: str) -> tuple[_Place, str]:
    """The place that a signed URL names, and the key of its object."""
    url = urlsplit(signed)
    in_path = url.path.startswith(f"/{bucket}/")
    key = unquote(url.path.removeprefix(f"/{bucket}/") if in_path else url.path[1:])
    host = url.netloc if in_path else url.netloc.removeprefix(f"{bucket}.")
    region = parse_qs(url.query)["X-Amz-Credential"][0].split("/")[2]
    return _Place(f"{url.scheme}://{host}", region, in_path), key


@lru_cache(maxsize=8)
def _client(place: _Place) -> Any:
    """One client for all threads, which may share it. Making one takes longer than its calls."""
    from botocore.config import Config
    from botocore.session import Session

    style = {"addressing_style": "path" if place.in_path else "virtual"}
    config = Config(signature_version="s3v4", s3=style, connect_timeout=10, read_timeout=60)
    return Session().create_client("s3", region_name=place.region, endpoint_url=place.endpoint, config=config)
