"""Names of models and prompts as whoever asks says them; they are kept with their workspace before them."""

from typing import TypeVar

import msgspec

from registry.models.types import RegisteredModel
from registry.workspaces.scope import DEFAULT, current, unscoped

__all__ = ("said",)

T = TypeVar("T", bound=msgspec.Struct)


def said(kept: T) -> T:
    """A thing with a ``name``, renamed as it is called in the workspace of the request."""
    if current() == DEFAULT:
        return kept
    changed = {"name": unscoped(getattr(kept, "name"))}  # noqa: B009 - a struct of any kind that has one
    if isinstance(kept, RegisteredModel):
        return msgspec.structs.replace(kept, **changed, latest_versions=[said(version) for version in kept.latest_versions])
    return msgspec.structs.replace(kept, **changed)
