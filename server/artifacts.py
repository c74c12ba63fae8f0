"""Opens the places of artifacts that the settings name."""

import storage
from config import Settings
from registry.artifacts.roots import ArtifactRoots
from registry.artifacts.service import ArtifactService
from registry.artifacts.tree import ArtifactTree
from registry.artifacts.trees import HERE, Trees
from storage.blobs import Blobs
from storage.metadata import Metadata

__all__ = ("open_artifacts",)

FOLDER = "artifacts"
"""Of the blob store, which has other uses too."""


def open_artifacts(settings: Settings, metadata: Metadata) -> ArtifactService:
    """Open the stores; nothing is asked of them yet. Raises ``SettingsError``."""
    root = settings.artifacts.root
    others = {} if root.startswith(HERE) else {root: ArtifactTree(Blobs.at_url(root))}
    return ArtifactService(Trees(ArtifactTree(storage.open_blobs(settings.storage), FOLDER), others), ArtifactRoots(metadata))
