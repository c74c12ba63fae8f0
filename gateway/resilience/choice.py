"""Which of several candidates a request goes to. Pure: weights, loads and chance in, one of them out."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from hashlib import blake2b
from itertools import accumulate
from math import log
from typing import TypeVar

__all__ = ("by_hash", "by_weight", "faster_of_two")

T = TypeVar("T")


def by_weight(items: Sequence[T], weight: Callable[[T], float], draw: float) -> T:
    """One drawn in proportion to its weight; ``draw`` is uniform in [0, 1). Where all weights are 0, each is as likely as another."""
    bounds = list(accumulate(weight(item) for item in items))
    if bounds[-1] <= 0:
        return items[int(draw * len(items))]
    return items[min(bisect_right(bounds, draw * bounds[-1]), len(items) - 1)]


def by_hash(items: Sequence[T], name: Callable[[T], str], weight: Callable[[T], float], key: str) -> T:
    """One of the items, the same for the same ``key``; over many keys, in proportion to the weights.

    Weighted rendezvous hashing: when an item leaves, only the keys that it had go elsewhere, and when it comes back they return.
    https://en.wikipedia.org/wiki/Rendezvous_hashing#Weighted_rendezvous_hash
    """

    def score(item: T) -> float:
        digest = blake2b(f"{key}\0{name(item)}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
        uniform = (int.from_bytes(digest) + 0.5) / 2**64
        return -weight(item) / log(uniform)

    return max(items, key=score)


def faster_of_two(items: Sequence[T], load: Callable[[T], float], random: Callable[[], float]) -> T:
    """The one with the lower load of two drawn at random: nearly as good as the best of all, and no herd runs after it.

    https://www.eecs.harvard.edu/~michaelm/postscripts/handbook2001.pdf
    """
    if len(items) == 1:
        return items[0]
    one = int(random() * len(items))
    other = int(random() * (len(items) - 1))
    pair = items[one], items[other + (other >= one)]
    return min(pair, key=load)
