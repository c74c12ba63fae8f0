"""Which URIs change when artifacts come along. Pure.

Files that lay on a disk, or behind the other server, are copied into our store, and what pointed at them points at us. What lies in a
bucket stays there, and so does its URI.
"""

from typing import Final
from urllib.parse import unquote, urlsplit

__all__ = ("Moves", "is_kept", "local_path", "logged_model_root", "run_root", "trace_root")

MOVED: Final = frozenset({"", "file", "mlflow-artifacts", "http", "https"})


def is_kept(uri: str) -> bool:
    """Whether files stay where they are. A path of Windows looks like a scheme of one letter."""
    scheme = urlsplit(uri).scheme
    return scheme not in MOVED and len(scheme) > 1


def local_path(uri: str) -> str | None:
    """The path of files on a disk."""
    parts = urlsplit(uri)
    if parts.scheme == "file":
        return unquote(parts.path)
    return None if parts.scheme and len(parts.scheme) > 1 else uri


def run_root(experiment_id: str, run_id: str) -> str:
    """The place of a run's files here."""
    return f"mlflow-artifacts:/{experiment_id}/{run_id}/artifacts"


def logged_model_root(experiment_id: str, model_id: str) -> str:
    """The place of a logged model's files here."""
    return f"mlflow-artifacts:/{experiment_id}/models/{model_id}/artifacts"


def trace_root(experiment_id: str, trace_id: str) -> str:
    """Where the files of a trace go here."""
    return f"mlflow-artifacts:/{experiment_id}/traces/{trace_id}/artifacts"


class Moves:
    """Roots that were moved, by the run or logged model whose files they hold."""

    def __init__(self) -> None:
        self._roots: dict[str, tuple[str, str]] = {}

    def add(self, owner: str, before: str, after: str) -> None:
        """Note where the files of a run or logged model were, and where they are now."""
        self._roots[owner] = (before.rstrip("/"), after)

    def follow(self, uri: str, *owners: str) -> str:
        """The new place of a URI below the root of one of its owners; other URIs stay as they are."""
        for owner in owners:
            before, after = self._roots.get(owner, ("", ""))
            if before and (uri == before or uri.startswith(f"{before}/")):
                return after + uri[len(before) :]
        return uri
