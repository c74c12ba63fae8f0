"""The workspace of a request, which MLflow's clients name in a header."""

from typing import Final

from litestar.types import HTTPScope

from registry.errors import InvalidParameterValue

__all__ = ("workspace_of",)

HEADER: Final = b"x-mlflow-workspace"
SERVER_INFO: Final = "/mlflow/server-info"
"""Answered whatever workspace is named: clients ask it which there are."""


def workspace_of(scope: HTTPScope) -> str:
    """The name of the workspace in a request's header, ``""`` where none is named. Raises ``InvalidParameterValue``."""
    for name, value in scope["headers"]:
        if name == HEADER and not scope["path"].endswith(SERVER_INFO):
            try:
                return value.decode("ascii").strip()
            except UnicodeDecodeError:
                raise InvalidParameterValue("Workspace names are lowercase alphanumeric characters and hyphens.") from None
    return ""
