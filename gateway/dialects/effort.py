"""How much to think: vendors say it as a word or as a number of tokens. Pure."""

from typing import Final

from gateway.dialects.types import ReasoningSettings

__all__ = ("budget_of", "effort_of")

_BUDGETS: Final = {"none": 0, "minimal": 1024, "low": 1024, "medium": 4096, "high": 16384, "xhigh": 32768, "max": 49152}
_EFFORTS: Final = ((2048, "low"), (8192, "medium"))


def effort_of(settings: ReasoningSettings) -> str | None:
    """The word; ``none`` where thinking is turned off, ``None`` where nothing was said of how much."""
    if settings.enabled is False or settings.budget == 0:
        return "none"
    if settings.effort is not None or settings.budget is None or settings.budget < 0:
        return settings.effort
    return next((word for limit, word in _EFFORTS if settings.budget < limit), "high")


def budget_of(settings: ReasoningSettings) -> int | None:
    """The number of tokens; 0 where thinking is turned off, ``None`` where nothing was said of how much."""
    if settings.enabled is False:
        return 0
    if settings.budget is not None:
        return settings.budget
    return None if settings.effort is None else _BUDGETS.get(settings.effort)
