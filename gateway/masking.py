"""Vendors that repeat the key that they were called with: it is the gateway's, and nothing of it is for the client, nor for a span.

What an account is called with is masked where its answers come in, before anybody reads them: in whole bodies, in streams however they were
cut, and within AWS's frames. In errors, those within streams included, that is every secret and every header of the settings; in what a
model says it is what can be nothing but a secret, as ``not-needed`` may be a key, and a header may hold any word.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Protocol
from urllib.parse import quote

from config.schema import ProviderSettings
from config.secrets import Secret
from gateway.accounts.types import HeaderList
from gateway.wire.masked_frames import MaskedFrames

__all__ = ("Masking", "Passing")

MASK: Final = b"***"
SHORTEST: Final = 8
"""What is shorter is no key, and may be a word of the error."""

ERROR: Final = 400
_OPAQUE: Final = re.compile(r"(?=\D*\d)\S{16,}")
"""What no model says by chance: long, without a space, and with a digit."""

_CREDENTIAL: Final = re.compile(r"auth|key|token|secret|cookie|credential|password", re.IGNORECASE)
_COMPLAINS: Final = re.compile(rb"\"error\"(?!\s*:\s*null)|\"failed\"|event: ?error|response\.failed")
"""How events and answers of status 200 say, before they say what, that something is wrong. Text of a model has its quotes escaped."""

_LONGEST_COMPLAINT: Final = 24
_SCHEME: Final = re.compile(r"(?:Bearer|Basic|Token) +", re.IGNORECASE)
_TOKENS_KNOWN: Final = 2
"""The token that is sent now, and the one before: what was asked with that may still be under way."""


class Passing(Protocol):
    """One stream on its way."""

    def take(self, chunk: bytes | None) -> bytes | None:
        """What of the stream can go on now, ``b""``: nothing yet. For ``None``, its end, whatever is left; ``None`` if nothing is."""
        ...


class Masking:
    """Masks what one account is called with, in everything that the account answers."""

    def __init__(self, settings: ProviderSettings | None = None) -> None:
        own = [] if settings is None else list(_own(settings))
        headers = {} if settings is None else settings.headers
        secret = [*(each.reveal() for each in own), *(_bare(value) for name, value in headers.items() if _is_secret(name, value))]
        self._certain = tuple(_spellings(filter(_OPAQUE.fullmatch, secret)))
        self._all = tuple(_spellings([*secret, *map(_bare, headers.values())]))
        self._unsure = len(self._all) > len(self._certain)
        self._always = self._certain
        self._proof: HeaderList = []
        self._tokens: tuple[bytes, ...] = ()

    def called_with(self, proof: HeaderList) -> None:
        """The secrets of an account's settings. A token that it fetched is not among them."""
        if proof is self._proof or proof == self._proof:
            return
        self._proof = proof
        lent = [_SCHEME.sub("", value, 1) for name, value in proof if name == "x-amz-security-token" or _SCHEME.match(value)]
        fresh = [token for token in _spellings(lent) if token not in self._all and token not in self._tokens]
        self._tokens = (*fresh, *self._tokens)[: max(len(fresh), _TOKENS_KNOWN)]
        self._always = (*self._tokens, *self._certain)

    def whole(self, body: bytes, status: int) -> bytes:
        """A whole answer, masked."""
        if status >= ERROR or (self._unsure and _COMPLAINS.search(body) is not None):
            body = _hidden(body, self._all)
        return _hidden(body, self._always)

    def stream(self, status: int, content_type: bytes) -> Passing:
        """Masks a stream that begins."""
        hidden = tuple(dict.fromkeys((*self._always, *self._all)))
        if not hidden:
            return Untouched()
        if content_type.startswith(b"application/vnd.amazon.eventstream"):
            return MaskedFrames(lambda data: _hidden(data, hidden))
        return Masked(self._always if status < ERROR and self._unsure else hidden, hidden)


class Untouched:
    """Implements ``Passing`` where nothing is secret."""

    def take(self, chunk: bytes | None) -> bytes | None:
        """See ``Passing.take``."""
        return chunk


class Masked:
    """Implements ``Passing``. Holds back what may be the beginning of a secret, until more is there.

    ``secrets`` are masked from the beginning, ``in_errors`` as soon as something is said to be wrong.
    """

    def __init__(self, secrets: Sequence[bytes], in_errors: Sequence[bytes]) -> None:
        self._secrets = secrets
        self._in_errors = in_errors if len(in_errors) > len(secrets) else None
        self._letters = frozenset(b"".join(in_errors))
        self._longest = max(map(len, in_errors))
        self._held = self._tail = b""

    def take(self, chunk: bytes | None) -> bytes | None:
        """See ``Passing.take``."""
        if chunk is None:
            held, self._held = self._held, b""
            return held or None
        if self._held:
            chunk, self._held = self._held + chunk, b""
        chunk = _hidden(chunk, self._secrets) if self._in_errors is None else self._listened(chunk, self._in_errors)
        if chunk and chunk[-1] in self._letters:  # the last byte of an event is none of them
            at = self._begun(chunk)
            chunk, self._held = chunk[:at], chunk[at:]
        if self._in_errors is not None:
            self._tail = (self._tail + chunk)[-_LONGEST_COMPLAINT:]
        return chunk

    def _listened(self, chunk: bytes, in_errors: Sequence[bytes]) -> bytes:
        """The chunk, masked; from where something is said to be wrong, of more."""
        complaint = _COMPLAINS.search(self._tail + chunk)
        if complaint is None:
            return _hidden(chunk, self._secrets)
        at = max(0, complaint.start() - len(self._tail))
        told = _hidden(chunk[:at], self._secrets) + _hidden(chunk[at:], in_errors)
        self._secrets, self._in_errors = in_errors, None
        return told

    def _begun(self, chunk: bytes) -> int:
        """The offset of bytes at the end of ``chunk`` that may begin a secret; the length of ``chunk`` where none do."""
        secrets = self._in_errors or self._secrets
        return min(_begun(secret, chunk, max(0, len(chunk) - self._longest)) for secret in secrets)


def _begun(secret: bytes, chunk: bytes, start: int) -> int:
    at = chunk.find(secret[:1], start)
    while at >= 0:
        if secret.startswith(chunk[at:]):
            return at
        at = chunk.find(secret[:1], at + 1)
    return len(chunk)


def _hidden(data: bytes, secrets: Iterable[bytes]) -> bytes:
    for secret in secrets:
        if secret in data:
            data = data.replace(secret, MASK)
    return data


def _own(settings: ProviderSettings) -> Iterator[Secret]:
    known = (settings.api_key, settings.client_secret, settings.access_key_id, settings.secret_access_key, settings.session_token)
    return filter(None, known)


def _bare(value: Secret) -> str:
    """The value of a header without its scheme (``Bearer``)."""
    return _SCHEME.sub("", value.reveal(), 1)


def _is_secret(name: str, value: Secret) -> bool:
    return bool(value.reference or _CREDENTIAL.search(name))


def _spellings(secrets: Iterable[str]) -> Iterator[bytes]:
    """Each secret as it is, and as JSON and URLs spell it, the longest first."""
    found = {
        spelt
        for secret in secrets
        for spelt in (secret, json.dumps(secret)[1:-1], secret.replace("/", "\\/"), secret.replace("=", "\\u003d"), quote(secret, safe=""))
    }
    return (spelt.encode() for spelt in sorted(found, key=len, reverse=True) if len(spelt) >= SHORTEST)
