"""Questions that mean nearly the same: vectors of what was asked, in this process, within a bound.

Only the words of the last message are compared by meaning. Everything else, its history, system prompt, tools and parameters, has to be the same, and so
have tenant, route and upstream: that is a partition, and no search leaves it.
"""

from collections import OrderedDict
from collections.abc import Sequence
from copy import deepcopy
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from gateway.guardrails.text import places
from gateway.types import Answer
from tracing.unreadable import UNREADABLE

__all__ = ("Near", "SemanticIndex", "Vector", "question", "vector_of")

Vector = NDArray[np.float32]

_LISTS: Final = ("messages", "contents", "input")


class Near(msgspec.Struct, frozen=True):
    """The key of an answer, and how near its question is: the cosine."""

    key: str
    similarity: float


class Embedding(msgspec.Struct):
    """One vector."""

    embedding: list[float]


class Embeddings(msgspec.Struct):
    """https://platform.openai.com/docs/api-reference/embeddings/object."""

    data: list[Embedding]


class _Partition:
    """Vectors of length 1, the oldest overwritten first."""

    def __init__(self, most: int, width: int) -> None:
        self.vectors: Vector = np.zeros((0, width), dtype=np.float32)
        self.keys: list[str] = []
        self._most = most
        self._next = 0

    def add(self, vector: Vector, key: str) -> None:
        if key in self.keys:
            self.vectors[self.keys.index(key)] = vector
        elif len(self.keys) < self._most:
            self.vectors = np.vstack((self.vectors, vector))
            self.keys.append(key)
        else:
            self.vectors[self._next], self.keys[self._next] = vector, key
            self._next = (self._next + 1) % self._most


class SemanticIndex:
    """All partitions; the one that was used longest ago goes first when there are more than ``most_bytes`` of vectors."""

    def __init__(self, most_bytes: int) -> None:
        self.size = 0
        self._most_bytes = most_bytes
        self._partitions: OrderedDict[str, _Partition] = OrderedDict()

    def nearest(self, partition: str, vector: Vector, threshold: float) -> Near | None:
        """The nearest question, if it is near enough."""
        found = self._partitions.get(partition)
        if found is None or found.vectors.shape[1] != vector.shape[0]:
            return None
        self._partitions.move_to_end(partition)
        similar = found.vectors @ vector
        best = int(np.argmax(similar))
        similarity = float(similar[best])
        return Near(found.keys[best], similarity) if similarity >= threshold else None

    def add(self, partition: str, vector: Vector, key: str, most: int) -> None:
        """Remember that the question of ``vector`` has the answer ``key``; ``most`` questions of a partition are remembered."""
        known = self._partitions.get(partition)
        if known is None or known.vectors.shape[1] != vector.shape[0]:
            self.size -= known.vectors.nbytes if known is not None else 0
            known = self._partitions[partition] = _Partition(most, vector.shape[0])
        self.size -= known.vectors.nbytes
        known.add(vector, key)
        self.size += known.vectors.nbytes
        self._partitions.move_to_end(partition)
        self.limit(self._most_bytes)

    def forget(self, prefix: str) -> None:
        """Drop the partitions whose names begin so."""
        for name in [name for name in self._partitions if name.startswith(prefix)]:
            self.size -= self._partitions.pop(name).vectors.nbytes

    def limit(self, most_bytes: int) -> None:
        """Stay within ``most_bytes`` from now on."""
        self._most_bytes = most_bytes
        while self.size > most_bytes and self._partitions:
            _, dropped = self._partitions.popitem(last=False)
            self.size -= dropped.vectors.nbytes


def question(body: dict[str, Any]) -> tuple[dict[str, Any], str] | None:
    """The request without the words of its last message, and those words; ``None`` where a user did not have the last word."""
    name = next((name for name in _LISTS if body.get(name)), None)
    if name is None:
        return None
    if isinstance(body[name], str):
        return {**body, name: ""}, body[name]
    last = body[name][-1] if isinstance(body[name], list) else None
    if not isinstance(last, dict) or last.get("role") != "user":
        return None
    rest = deepcopy(last)
    found = list(places(rest))
    text = "\n".join(place.text for place in found)
    for place in found:
        place.put("")
    return ({**body, name: [*body[name][:-1], rest]}, text) if text.strip() else None


def vector_of(answer: Answer) -> Vector | None:
    """The vector in an answer, brought to length 1; ``None`` when there is none."""
    if answer.status != 200:
        return None
    try:
        values: Sequence[float] = msgspec.json.decode(answer.body, type=Embeddings).data[0].embedding
    except (*UNREADABLE, IndexError):
        return None
    vector = np.asarray(values, dtype=np.float32)
    length = float(np.linalg.norm(vector))
    return vector / np.float32(length) if length > 0 else None
