"""Who signs in, and which parts of the server they may enter. What they may do with single things is the gatekeeper's to say."""

import base64
import binascii
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qs

from litestar.types import HTTPScope

from registry.access.index import AccessIndex
from registry.access.permissions import Action, canonical
from registry.access.tokens import PREFIX
from registry.access.types import Caller
from server.dialects import Refusal

__all__ = ("SignIn", "may_enter", "unknown")

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
CHALLENGE: Final = (("www-authenticate", 'Basic realm="mlflow", charset="UTF-8"'),)
TELEMETRY: Final = ("/v1/traces", "/v1/metrics", "/v1/logs")
MODELS: Final = (
    "/v1/",
    "/v1beta/",
    "/openai/",
    "/anthropic/",
    "/gemini/",
    "/gateway/",
    "/endpoints/",
    "/api/2.0/endpoints",
    "/api/2.0/gateway/",
)
TABLE: Final = re.compile(r"/(?:ajax-)?api/[23]\.0/mlflow/")
FILES: Final = re.compile(r"/(?:ajax-)?api/2\.0/mlflow-artifacts/(?:artifacts|mpu/\w+|presigned)(?:/([^/]*).*)?", re.DOTALL)
ADMINISTRATION: Final = ("/api/v1/keys", "/api/v1/budgets", "/api/v1/cache", "/api/v1/webhooks", "/api/v1/limits", "/api/v1/import")
OWN: Final = "/api/v1/users/"
"""Says for itself who may do what."""


class SignIn:
    """Finds the user of a request: by a token, or by HTTP Basic. Asks no database, and a slow hash once in a while."""

    def __init__(self, index: AccessIndex) -> None:
        self._index = index

    async def find(self, scope: HTTPScope) -> Caller | None:
        """The user, or ``None`` for a request that nobody signed."""
        for header, value in scope["headers"]:
            if header == b"authorization":
                scheme, _, credentials = value.partition(b" ")
                if scheme.lower() == b"bearer":
                    return self._index.of_token(credentials.strip())
                if scheme.lower() == b"basic":
                    return await self._basic(credentials)
        return None

    async def _basic(self, credentials: bytes) -> Caller | None:
        try:
            name, _, password = base64.b64decode(credentials, validate=True).partition(b":")
        except binascii.Error:
            return None
        if password.startswith(PREFIX.encode()):
            return self._index.of_token(password)
        return self._index.remembered(name, password) or await self._index.sign_in(name, password)


def unknown() -> Refusal:
    """Nobody signed the request."""
    return Refusal(
        status=401,
        code="not_signed_in",
        message="You are not authenticated.",
        hint="Sign in with a user's name and password (HTTP Basic; MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD), "
        "with a token of theirs (Authorization: Bearer; MLFLOW_TRACKING_TOKEN), or send one of security.api_keys.",
        headers=CHALLENGE,
    )


def may_enter(caller: Caller, scope: HTTPScope) -> Refusal | None:
    """Why a user may not go there, or ``None``."""
    if caller.is_administrator or _may(caller, scope["method"], scope["path"], scope):
        return None
    return Refusal(
        status=403,
        code="permission_denied",
        message="Permission denied.",
        hint="An administrator can give you a role or a permission for this.",
    )


def _may(caller: Caller, method: str, path: str, scope: HTTPScope) -> bool:
    if TABLE.match(path) or path.startswith(OWN):
        return True
    if (files := FILES.fullmatch(path)) is not None:
        return _may_with_files(caller, method, files[1] or _asked(scope, b"path"))
    if path.startswith(TELEMETRY):
        return _may_send_traces(caller, scope["headers"])
    if path.startswith(MODELS):
        return caller.may_make()
    if method in SAFE:
        return caller.may("read", "trace", "*") and not path.startswith(ADMINISTRATION)
    return caller.may_make() and not path.startswith(ADMINISTRATION)


def _may_with_files(caller: Caller, method: str, folder: str) -> bool:
    """The first folder of an artifact's path is the experiment; what lies beside experiments is for those who may do as much everywhere."""
    action: Action = "read" if method in SAFE else "delete" if method == "DELETE" else "update"
    return caller.may(action, "experiment", canonical("experiment", folder) if folder.isdecimal() else "*")


def _asked(scope: HTTPScope, name: bytes) -> str:
    found = parse_qs(scope["query_string"]).get(name, [b""])[0]
    return found.decode(errors="replace").strip("/").partition("/")[0]


def _may_send_traces(caller: Caller, headers: Iterable[tuple[bytes, bytes]]) -> bool:
    for header, value in headers:
        if header == b"x-mlflow-experiment-id":
            return caller.may("update", "trace", canonical("experiment", value.decode("latin-1")))
    return caller.may_make()
