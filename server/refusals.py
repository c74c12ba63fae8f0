"""Reasons why settings that pass every check still cannot be run, told at a start and at a reload."""

from typing import Final

from config import ConfigError, Problem
from evals.errors import InvalidJudge
from gateway.errors import Misconfigured
from storage.errors import StorageError, Unavailable

__all__ = ("REFUSALS", "refusal", "way_out")

REFUSALS: Final = (Misconfigured, InvalidJudge, StorageError)
"""Errors whose text is meant for whoever wrote the settings, and holds no secret."""


def way_out(error: Exception) -> str:
    """How to mend one of ``REFUSALS``; ``""`` where its own text says it."""
    if isinstance(error, Unavailable):
        return "see that it runs and can be reached from here, then start again"
    hint = getattr(error, "hint", "")
    return hint if isinstance(hint, str) else ""


def refusal(file: str, error: Exception) -> ConfigError:
    """One of ``REFUSALS`` as a problem of the file."""
    subject = "the new settings"
    message = f"{subject} could not be applied: {error}"
    return ConfigError([Problem(file=file, line=0, column=0, path="", subject=subject, message=message, hint=way_out(error))])
