"""Ceilings on requests, tokens and money."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from config.settings.terms import Name

__all__ = ("LimitSettings",)


class LimitSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ceiling on requests, tokens or money in a window of time.

    What a request may cost is reserved before it is sent and settled when it ends, so that parallel requests stay below a ceiling together.
    """

    name: Name | None = None
    """What answers, events and budgets call it. Default: made of the rest, for instance ``requests-per-key-and-minute``."""

    per: Literal["all", "route", "key", "team", "user", "address"] = "all"
    """What has a counter of its own. Requests without a key, team or user share one counter."""

    window: Literal["second", "minute", "hour", "day", "week", "month"] = "minute"
    """The time that is counted over, by the calendar in UTC: a day begins at midnight, a week on Monday."""

    requests: Annotated[int, Meta(ge=0)] | None = None
    """Most requests in a window. Default: no ceiling."""

    tokens: Annotated[int, Meta(ge=0)] | None = None
    """Most tokens in a window, those read and those written together. Default: no ceiling."""

    cost: Annotated[float, Meta(ge=0)] | None = None
    """Most money in a window, in US dollars: a budget. Models without a known price do not count. Default: no ceiling."""

    only: tuple[str, ...] = ()
    """The routes, keys, teams or users meant (as ``per`` says); keys by their name. Default: each of them."""

    traffic: Literal["apps", "judges"] = "apps"
    """Whose requests count: those of apps, or those that judges make. Each is counted by limits of its own."""
