"""Permissions for paths that name a run, a model, a trace or a queue and are no endpoints of MLflow's table."""

import re
from typing import Final
from urllib.parse import parse_qs

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from registry.access.gatekeeper import DENIED, permitted
from registry.access.permissions import Action
from registry.access.requirements import Lookup, Need
from registry.access.types import CALLER
from registry.errors import PermissionDenied
from registry.wire.routes import refuse
from server.dialects import Refusal
from server.guard import answer

__all__ = ("with_permissions_by_path",)

OF_MODEL: Final = re.compile(r"/(?:ajax-)?api/2\.0/mlflow/logged-models/([^/]+)/artifacts/files")
OF_RUN: Final[dict[str, Action]] = {"/get-artifact": "read", "/ajax-api/2.0/mlflow/upload-artifact": "update"}
OF_VERSION: Final = "/model-versions/get-artifact"
OF_QUEUE: Final = re.compile(r"/queues/([^/]+)")
OF_TRACE: Final = re.compile(r"/(?:api/v1|ui)/traces/([^/]+)/(?:assessments|feedback)")


def with_permissions_by_path(app: ASGIApp, lookup: Lookup) -> ASGIApp:
    """``app``, refusing what a user may not do."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        caller = CALLER.get()
        if scope["type"] == ScopeType.HTTP and caller is not None and not caller.is_administrator:
            need = await _need(scope, lookup)
            if need is not None and not permitted(caller, need):
                await _refuse(scope, send)
                return
        await app(scope, receive, send)

    return serve


async def _refuse(scope: HTTPScope, send: Send) -> None:
    if OF_TRACE.fullmatch(scope["path"]) or OF_QUEUE.fullmatch(scope["path"]):
        hint = "An administrator can give you EDIT on the trace's experiment."
        await answer(scope, Refusal(status=403, code="permission_denied", message=DENIED, hint=hint), send, CALLER.get())
    else:
        await refuse(PermissionDenied(DENIED), scope, send)


async def _need(scope: HTTPScope, lookup: Lookup) -> Need | None:
    path = scope["path"]
    if found := OF_MODEL.fullmatch(path):
        experiment = await lookup.of_logged_model(found[1])
        return Need("read", "logged_model", experiment) if experiment else None
    if found := OF_TRACE.fullmatch(path):
        experiment = await lookup.of_trace(f"tr-{found[1].removeprefix('tr-').lower()}")
        return Need("update", "assessment", experiment) if experiment else None
    if scope["method"] == "POST" and (found := OF_QUEUE.fullmatch(path)):
        experiment = await lookup.of_review_queue(found[1])
        return Need("update", "review_queue", experiment) if experiment else None
    if path == OF_VERSION:
        return Need("read", "registered_model_version", _argument(scope, "name"))
    if (action := OF_RUN.get(path)) is not None:
        experiment = await lookup.of_run(_argument(scope, "run_id") or _argument(scope, "run_uuid"))
        return Need(action, "run", experiment) if experiment else None
    return None


def _argument(scope: HTTPScope, name: str) -> str:
    return parse_qs(scope["query_string"].decode("latin-1")).get(name, [""])[0]
