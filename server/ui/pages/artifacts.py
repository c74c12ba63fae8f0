"""``/runs/{id}/artifacts``: the files of a run, to look at and to save.

Nothing of a file is ever part of a page as more than text or an ``img``: files are hostile input.
"""

from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath

from registry.artifacts.content import media_type
from server.ui.pages.page import Services, page
from server.ui.services import RunFiles

__all__ = ("artifacts",)

SHOWN_BYTES: Final = 64 * 1024
"""Of a text that is looked at; all of it can be saved."""


class Preview(msgspec.Struct, frozen=True):
    """A file to look at: an image by its address, a text as far as it is shown, of anything else neither."""

    path: str
    size: int
    image: str | None
    text: str | None

    @property
    def is_cut(self) -> bool:
        """Whether there is more text than is shown."""
        return self.text is not None and self.size > SHOWN_BYTES


@get("/runs/{run_id:str}/artifacts")
async def artifacts(run_id: FromPath[str], request: Request[Any, Any, Any], services: Services) -> Response[str]:
    """A folder, and a file of it when the address names one."""
    folder = request.query_params.get("path", "").strip("/")
    shown = request.query_params.get("file")
    entries = await services.run_files.list(run_id, folder)
    return page(
        services,
        "artifacts.html",
        title=f"Files of {run_id}",
        section="experiments",
        run_id=run_id,
        folder=folder,
        trail=trail(folder),
        entries=entries,
        preview=await _preview(services.run_files, run_id, shown) if shown else None,
        saved_at=lambda path: saved_at(run_id, path),
    )


def saved_at(run_id: str, path: str) -> str:
    """The address that a file is saved from, and an image shown."""
    return "/get-artifact?" + urlencode({"run_id": run_id, "path": path})


def trail(folder: str) -> list[tuple[str, str]]:
    """The folders on the way down, by name and path."""
    names = folder.split("/") if folder else []
    return [(name, "/".join(names[: index + 1])) for index, name in enumerate(names)]


async def _preview(files: RunFiles, run_id: str, path: str) -> Preview:
    kind = media_type(path.rpartition("/")[2])
    is_text = kind.startswith("text/")
    size, head = await files.head(run_id, path, SHOWN_BYTES if is_text else 0)
    image = saved_at(run_id, path) if kind.startswith("image/") else None
    return Preview(path, size, image, head.decode(errors="replace") if is_text else None)
