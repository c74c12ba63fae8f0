"""What a workspace is."""

from datetime import datetime

import msgspec

__all__ = ("Workspace",)


class Workspace(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the server. ``artifact_root``: where artifacts of its experiments go; ``""``: where all go."""

    name: str
    description: str = ""
    artifact_root: str = ""
    created_at: datetime
