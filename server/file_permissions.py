"""Files of runs and logged models that are named by these, not by their experiment: the experiment is looked up first."""

import re
from typing import Final
from urllib.parse import parse_qs

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from registry.access.gatekeeper import permitted
from registry.access.permissions import Action
from registry.access.requirements import Lookup, Need
from registry.access.types import CALLER
from registry.errors import PermissionDenied
from registry.wire.routes import refuse

__all__ = ("with_file_permissions",)

OF_MODEL: Final = re.compile(r"/(?:ajax-)?api/2\.0/mlflow/logged-models/([^/]+)/artifacts/files")
OF_RUN: Final[dict[str, Action]] = {"/get-artifact": "read", "/ajax-api/2.0/mlflow/upload-artifact": "update"}
OF_VERSION: Final = "/model-versions/get-artifact"


def with_file_permissions(app: ASGIApp, lookup: Lookup) -> ASGIApp:
    """Refuse users what they may not do with these files."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        caller = CALLER.get()
        if scope["type"] == ScopeType.HTTP and caller is not None and not caller.is_administrator:
            need = await _need(scope, lookup)
            if need is not None and not permitted(caller, need):
                await refuse(PermissionDenied("Permission denied."), scope, send)
                return
        await app(scope, receive, send)

    return serve


async def _need(scope: HTTPScope, lookup: Lookup) -> Need | None:
    path = scope["path"]
    if found := OF_MODEL.fullmatch(path):
        experiment = await lookup.of_logged_model(found[1])
        return Need("read", "logged_model", experiment) if experiment else None
    if path == OF_VERSION:
        return Need("read", "registered_model_version", _argument(scope, "name"))
    if (action := OF_RUN.get(path)) is not None:
        experiment = await lookup.of_run(_argument(scope, "run_id") or _argument(scope, "run_uuid"))
        return Need(action, "run", experiment) if experiment else None
    return None


def _argument(scope: HTTPScope, name: str) -> str:
    return parse_qs(scope["query_string"].decode("latin-1")).get(name, [""])[0]
