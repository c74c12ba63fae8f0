"""``/runs/{id}/artifacts``: the files of a run, to look at and to save."""

from typing import Any
from urllib.parse import quote, urlencode

from litestar import Request, Response, get
from litestar.params import FromPath

from server.ui.files import preview, trail
from server.ui.pages.page import Services, page

__all__ = ("artifacts",)


@get("/runs/{run_id:str}/artifacts")
async def artifacts(run_id: FromPath[str], request: Request[Any, Any, Any], services: Services) -> Response[str]:
    """A folder, and a file of it when the address names one."""
    folder = request.query_params.get("path", "").strip("/")
    shown = request.query_params.get("file")
    entries = await services.run_files.list(run_id, folder)

    async def head(path: str, limit: int) -> tuple[int, bytes]:
        return await services.run_files.head(run_id, path, limit)

    return page(
        services,
        "artifacts.html",
        title=f"Files of {run_id}",
        section="experiments",
        run_id=run_id,
        folder=folder,
        trail=trail(folder),
        entries=entries,
        preview=await preview(shown, saved_at(run_id, shown), head) if shown else None,
        saved_at=lambda path: saved_at(run_id, path),
        here=lambda **asked: f"/runs/{quote(run_id, safe='')}/artifacts?{urlencode(asked)}",
    )


def saved_at(run_id: str, path: str) -> str:
    """The address that a file is saved from, and an image shown."""
    return "/get-artifact?" + urlencode({"run_id": run_id, "path": path})
