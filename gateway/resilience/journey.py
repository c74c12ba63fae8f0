"""One request's way through a route: the first target, and what is tried after each failure. Decides; somebody else sends."""

from gateway.errors import NoTargetFits
from gateway.resilience.backoff import wait_before
from gateway.resilience.pool import Pool
from gateway.resilience.rules import Candidate
from gateway.resilience.types import Facts, Failure, Step
from gateway.types import Target

__all__ = ("Journey",)


class Journey:
    """The decisions for one request, in order. ``first`` is where it goes; ``after`` is asked once for each attempt that failed."""

    __slots__ = ("_candidates", "_facts", "_pool", "_retries", "_tried", "first")

    def __init__(self, pool: Pool, facts: Facts) -> None:
        """Choose the first target. Raises ``NoTargetFits`` when every target has conditions and none hold."""
        self._pool = pool
        self._facts = facts
        self._candidates = _fitting(pool, facts)
        self._tried: dict[Target, None] = {}
        self._retries = 0
        self.first = self._first()
        pool.budget.deposit()

    @property
    def targets(self) -> tuple[Target, ...]:
        """All targets that may be tried, in order."""
        others = [candidate.target for candidate in self._candidates]
        return tuple(dict.fromkeys([self.first, *others, *self._pool.rules.fallbacks]))

    def now(self) -> Target:
        """The target to ask now: ``first``, unless it is left alone meanwhile, as when another request has become its probe."""
        return self.first if self._pool.allows(self.first) else self._first()

    def begin(self, target: Target) -> None:
        """Note that ``target`` is being asked."""
        self._tried[target] = None
        self._pool.begin(target)

    def after(self, target: Target, failure: Failure) -> Step | None:
        """What is tried after ``target`` failed: a retry, else a fallback, else nothing."""
        if target in (candidate.target for candidate in self._candidates) and (step := self._retry(target, failure)) is not None:
            return step
        fallback = self._fallback(failure)
        return None if fallback is None else Step(fallback)

    def beside(self, target: Target) -> Target:
        """Where a second request goes while ``target`` is slow: another target of the route, else its first fallback, else the same."""
        others = [candidate for candidate in self._candidates if candidate.target != target]
        if others:
            return self._pool.choose(others, self._facts)
        return next((each for each in self._pool.rules.fallbacks if each != target and self._pool.allows(each)), target)

    def _first(self) -> Target:
        """A target of the route; a fallback when all of them are left alone now and it is not."""
        if not any(self._pool.allows(candidate.target) for candidate in self._candidates):
            fallback = next(filter(self._pool.allows, self._pool.rules.fallbacks), None)
            if fallback is not None:
                return fallback
        return self._pool.choose(self._candidates, self._facts)

    def _retry(self, target: Target, failure: Failure) -> Step | None:
        rules = self._pool.rules
        if self._retries >= rules.retries or not _wanted(failure, retried=rules.retry_on.matches(failure)):
            return None
        step = self._other() or self._again(target, failure)
        if step is None or not self._pool.budget.withdraw(self._pool.clock()):
            return None
        self._retries += 1
        return step

    def _other(self) -> Step | None:
        """Another target of the route that was not asked yet, at once: its health has nothing to do with what failed."""
        fresh = [each for each in self._candidates if each.target not in self._tried and self._pool.allows(each.target)]
        return Step(self._pool.choose(fresh, self._facts)) if fresh else None

    def _again(self, target: Target, failure: Failure) -> Step | None:
        wait = wait_before(self._retries, failure.retry_after, self._pool.rules.backoff, self._pool.random())
        return None if wait is None else Step(target, wait)

    def _fallback(self, failure: Failure) -> Target | None:
        """The next one of the list for this failure. One that is left alone now is taken only when no other remains."""
        rules = self._pool.rules
        listed = next((targets for triggers, targets in rules.fallbacks_for if triggers.matches(failure)), None)
        if listed is None:
            listed = rules.fallbacks if rules.fallback_on.matches(failure) else ()
        left = [target for target in listed if target not in self._tried]
        return next((target for target in left if self._pool.allows(target)), left[0] if left else None)


def _wanted(failure: Failure, *, retried: bool) -> bool:
    return retried if failure.should_retry is None else failure.should_retry


def _fitting(pool: Pool, facts: Facts) -> list[Candidate]:
    """Targets whose conditions hold, else those that have none."""
    candidates = pool.rules.candidates
    meant = [each for each in candidates if each.when is not None and each.when.holds(facts)]
    found = meant or [each for each in candidates if each.when is None]
    if not found:
        raise NoTargetFits(
            f"No target of the route {pool.rules.name!r} is for this request: each has conditions, and those of none hold. "
            "Send what one of them asks for, or give the route a target without 'when'."
        )
    return found
