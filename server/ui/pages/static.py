"""``/static/{build}/…``: stylesheet, scripts, icons."""

from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from server.ui.assets import asset, build

__all__ = ("static_file",)


@get("/static/{digest:str}/{path:path}")
async def static_file(digest: FromPath[str], path: FromPath[str], request: Request[Any, Any, Any]) -> Response[bytes]:
    """A file, for good when the address names this build, else for this once."""
    found = asset(path.lstrip("/"))
    if found is None:
        raise NotFoundException
    headers = {"etag": found.etag, "cache-control": "public, max-age=31536000, immutable" if digest == build() else "no-cache"}
    if found.etag in request.headers.get("if-none-match", ""):  # also where it is told as a weak one
        return Response(b"", status_code=304, headers=headers, media_type=found.media_type)
    return Response(found.body, headers=headers, media_type=found.media_type)
