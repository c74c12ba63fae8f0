"""All keys in memory: who a request comes from, without I/O."""

from collections.abc import Iterable, Mapping

from gateway.keys.presented import presented_keys
from gateway.keys.secret import digest_of
from gateway.keys.types import VirtualKey

__all__ = ("KeyIndex",)


class KeyIndex:
    """Keys by digest, swapped as a whole. It holds revoked and expired ones too: their owners are told what became of them."""

    __slots__ = ("_keys",)

    def __init__(self, keys: Mapping[bytes, VirtualKey] | None = None) -> None:
        self._keys: Mapping[bytes, VirtualKey] = keys or {}

    def __len__(self) -> int:
        return len(self._keys)

    def all(self) -> Iterable[VirtualKey]:
        """Every key that is known, revoked ones too."""
        return self._keys.values()

    def by_digest(self) -> Mapping[bytes, VirtualKey]:
        """Every key by its digest, as ``replace`` takes them."""
        return self._keys

    def replace(self, keys: Mapping[bytes, VirtualKey]) -> None:
        """Replace all keys by these."""
        self._keys = keys

    def find(self, key: bytes) -> VirtualKey | None:
        """The key with this text. It may be revoked, disabled or expired."""
        return self._keys.get(digest_of(key)) if self._keys else None

    def of(self, headers: Iterable[tuple[bytes, bytes]]) -> VirtualKey | None:
        """The first key that a request shows and that is known here."""
        if not self._keys:
            return None
        return next((found for key in presented_keys(headers) if (found := self.find(key)) is not None), None)
