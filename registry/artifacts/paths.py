"""What an artifact may be called: decided once, in MLflow's words, before a store is asked. Pure."""

from registry.errors import InvalidParameterValue
from storage.blob_paths import blob_path
from storage.errors import BlobPathRefused

__all__ = ("artifact_path", "folder_path", "joined")

INVALID = "Invalid path"
"""The whole of what MLflow says, and what its tests compare."""


def artifact_path(path: str) -> str:
    """``path`` itself, if it names a file under the root. Raises ``InvalidParameterValue``."""
    if "#" in path:
        raise InvalidParameterValue(INVALID)
    try:
        return blob_path(path)
    except BlobPathRefused as error:
        raise InvalidParameterValue(INVALID) from error


def folder_path(path: str) -> str:
    """The same for a folder; ``""`` is the root, one ``/`` at the end is allowed, and ``.`` is the folder itself, as the client spells it."""
    path = "/".join(part for part in path.removesuffix("/").split("/") if part != ".")
    return artifact_path(path) if path else ""


def joined(folder: str, path: str) -> str:
    """A path below a folder, either of which may be ``""``."""
    return f"{folder}/{path}" if folder and path else folder or path
