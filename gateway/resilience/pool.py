"""What a route knows of the health of its targets. Memory of one process, kept across a reload for targets that stay."""

from collections.abc import Callable, Iterable, Sequence

from gateway.resilience.affinity import Affinity
from gateway.resilience.breaker import Breaker, BreakerState
from gateway.resilience.budget import RetryBudget
from gateway.resilience.choice import by_hash, by_weight, faster_of_two
from gateway.resilience.latency import PeakEwma
from gateway.resilience.outliers import Tally, outliers
from gateway.resilience.rules import Candidate, Rules
from gateway.resilience.types import Facts, Failure
from gateway.types import Target

__all__ = ("Health", "Pool")

Clock = Callable[[], float]


class Health:
    """How one target does. ``pending`` are requests under way; streams and whole answers are timed apart, to their first byte."""

    __slots__ = ("breaker", "ejected", "pending", "streams", "tally", "wholes")

    def __init__(self, breaker: Breaker) -> None:
        self.breaker = breaker
        self.ejected = 0.0
        self.pending = 0
        self.streams = PeakEwma()
        self.wholes = PeakEwma()
        self.tally = Tally()

    def load(self, now: float, *, stream: bool) -> float:
        """The expected wait of one more request there."""
        return (self.streams if stream else self.wholes).load(self.pending, now)


class Pool:
    """A route at work. ``clock`` is monotonic seconds, ``random`` uniform in [0, 1)."""

    def __init__(self, rules: Rules, clock: Clock, random: Callable[[], float]) -> None:
        self.rules = rules
        self.reads_answers = rules.reads_answers
        self.clock = clock
        self.random = random
        self.affinity = Affinity()
        self.budget = RetryBudget(rules.retry_budget, clock())
        self.health = {target: Health(Breaker(rules.breaker)) for target in rules.targets()}
        self.shadows_under_way = 0

    def inherit(self, before: "Pool", stays: Callable[[Target], bool]) -> None:
        """Go on with what the pool of the last configuration knows, for targets that are the same ones."""
        self.affinity = before.affinity
        for target in self.health.keys() & before.health.keys():
            if stays(target):
                # The same object, since requests that are still under way will report to it.
                self.health[target] = before.health[target]
                self.health[target].breaker.settings = self.rules.breaker

    def choose(self, candidates: Sequence[Candidate], facts: Facts) -> Target:
        """One of ``candidates``, of which there is at least one."""
        made = self.affinity.target(facts.previous_response) if facts.previous_response else None
        if made is not None and any(candidate.target == made for candidate in candidates):
            return made
        if facts.account:
            candidates = [each for each in candidates if each.target.provider == facts.account] or candidates
        able = self.able(candidates)
        if facts.sticky:
            return by_hash(able, _name, _weight, facts.sticky).target
        if self.rules.strategy == "latency":
            now = self.clock()
            return faster_of_two(able, lambda each: self.health[each.target].load(now, stream=facts.stream), self.random).target
        if self.rules.strategy == "cheapest":
            able = _cheapest(able)
        return by_weight(able, _weight, self.random()).target

    def prompt(self, facts: Facts) -> str:
        """The reference of the prompt that is rendered. The same requests that stay on one target stay on one prompt."""
        if facts.sticky:
            return by_hash(self.rules.prompts, lambda each: each.reference, lambda each: each.weight, facts.sticky).reference
        return by_weight(self.rules.prompts, lambda each: each.weight, self.random()).reference

    def able(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """The targets that are not left alone now; where all are, the one whose time is over first."""
        now = self.clock()
        found = [candidate for candidate in candidates if self.health[candidate.target].breaker.allows(now)]
        return found or [min(candidates, key=lambda each: self.health[each.target].breaker.until)]

    def allows(self, target: Target) -> bool:
        """Whether a target is not left alone now."""
        return self.health[target].breaker.allows(self.clock())

    def begin(self, target: Target) -> None:
        """A request goes to ``target``; ``release`` follows exactly once."""
        health = self.health[target]
        health.pending += 1
        health.breaker.begin(self.clock())

    def first_byte(self, target: Target, seconds: float, *, stream: bool) -> None:
        """Note that a target began to answer after ``seconds``."""
        health = self.health[target]
        (health.streams if stream else health.wholes).observe(seconds, self.clock())

    def lost_time(self, target: Target, seconds: float, *, stream: bool) -> None:
        """Note that a target failed after ``seconds``."""
        health = self.health[target]
        (health.streams if stream else health.wholes).lost(seconds, self.clock())

    def answered(self, target: Target) -> None:
        """Note that a target answered to the end. A refusal of what the client asked for is an answer, too."""
        health = self.health[target]
        health.breaker.succeeded(self.clock())
        self._count(health, ok=True)

    def failed(self, target: Target, failure: Failure) -> None:
        """Note that a target gave no answer."""
        if not failure.blames_target:
            self.answered(target)
            return
        health = self.health[target]
        health.breaker.failed(self.clock(), failure.retry_after)
        self._count(health, ok=False)
        if self.rules.outliers is not None:
            self._eject()

    def release(self, target: Target) -> None:
        """A request that ``begin`` announced has ended, in whichever way."""
        self.health[target].pending -= 1

    def states(self) -> Iterable[tuple[Target, BreakerState, Health]]:
        """Each target as it is now, for whoever shows it."""
        now = self.clock()
        return [(target, health.breaker.state(now), health) for target, health in self.health.items()]

    def _count(self, health: Health, *, ok: bool) -> None:
        if self.rules.outliers is not None:
            health.tally.count(self.clock(), self.rules.outliers.window, ok=ok)

    def _eject(self) -> None:
        settings = self.rules.outliers
        if settings is None:
            return
        now = self.clock()
        peers = {candidate.target: self.health[candidate.target] for candidate in self.rules.candidates}
        out = sum(health.ejected > now for health in peers.values())
        inside = {target: health.tally for target, health in peers.items() if health.ejected <= now}
        for target in outliers(inside, settings, out):
            self.health[target].ejected = now + settings.eject_for
            self.health[target].tally = Tally(since=now)
            self.health[target].breaker.trip(now, settings.eject_for)


def _cheapest(candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    known = [candidate.price for candidate in candidates if candidate.price is not None]
    if not known:
        return candidates
    lowest = min(known)
    return [candidate for candidate in candidates if candidate.price == lowest]


def _name(candidate: Candidate) -> str:
    return candidate.target.name


def _weight(candidate: Candidate) -> float:
    return candidate.weight
