"""The tree of files that a URI leads to."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote, urlsplit

from registry.artifacts.tree import ArtifactTree
from registry.errors import InvalidParameterValue

__all__ = ("HERE", "Trees", "own_path", "owner_of")

HERE: Final = "mlflow-artifacts:"
PROXIED: Final = re.compile(r".*/api/2\.0/mlflow-artifacts/artifacts(?=/|\Z)")


class Trees:
    """Our own tree, and that of ``artifacts.root`` where it is a bucket. No other place is read, whatever a client wrote down."""

    def __init__(self, own: ArtifactTree, others: Mapping[str, ArtifactTree]) -> None:
        self.own = own
        self._others = {root.rstrip("/"): tree for root, tree in others.items()}

    @property
    def all(self) -> list[ArtifactTree]:
        """Every tree that is written to."""
        return [self.own, *self._others.values()]

    def find(self, uri: str) -> tuple[ArtifactTree, str]:
        """The tree, and the path of a folder in it. Raises ``InvalidParameterValue`` for a place that this server does not read."""
        if (path := own_path(uri)) is not None:
            return self.own, path
        for root, tree in self._others.items():
            if uri == root or uri.startswith(f"{root}/"):
                return tree, uri[len(root) :].strip("/")
        raise InvalidParameterValue(
            f"The artifacts lie at '{uri}', which this server does not read: it reads 'mlflow-artifacts:/' and the artifacts.root of its "
            "settings. The mlflow client reads them where they lie."
        )


def own_path(uri: str) -> str | None:
    """The path of a URI that the client sends back to us, decoded as it is when it comes."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme == "mlflow-artifacts":
        return unquote(parts.path).strip("/")
    if parts.scheme in {"http", "https"} and (found := PROXIED.match(parts.path)):
        return unquote(parts.path[found.end() :]).strip("/")
    return None


def owner_of(path: str) -> str:
    """Whose permission files of our own tree need: the experiment's whose folder they lie in, or, beside these, what is said of the place.

    ``*`` for the root. Folders are told apart as those who answer do it: ``.`` and what is empty are none.
    """
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if not parts:
        return "*"
    return str(int(parts[0])) if parts[0].isdecimal() else "/".join(parts)
