"""A route's pool on a clock that the test turns, and with chance that the test decides."""

import msgspec

from config.schema import RouteSettings
from gateway.resilience.compiling import compiled
from gateway.resilience.pool import Pool
from gateway.resilience.types import Failure, Reason
from gateway.types import Target

PROVIDERS = frozenset({"up", "fake"})

BUSY = Failure(reason=Reason.STATUS, status=429)
BROKEN = Failure(reason=Reason.STATUS, status=500)
TIMEOUT = Failure(reason=Reason.TIMEOUT)
TOO_LONG = Failure(reason=Reason.CONTEXT_WINDOW, status=400)
MISTAKE = Failure(reason=Reason.STATUS, status=400)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def pool_of(clock: Clock | None = None, random=lambda: 0.5, **settings) -> Pool:
    settings.setdefault("targets", [{"model": "up/one"}])
    route = msgspec.convert({"name": "route", **settings}, RouteSettings)
    return Pool(compiled(route, PROVIDERS), clock or Clock(), random)


def target(name: str) -> Target:
    provider, _, model = name.partition("/")
    return Target(provider, model)
