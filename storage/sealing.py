"""Secrets at rest: sealed with AES-256-GCM under one key, which lies in a file of the data directory or comes from the settings.

A sealed text is bound to where it belongs (``webhook/ID``): copied into another row it does not open. The name of its key stands in
front, so that a data directory with the wrong key says so, and does not look like damage.
"""

import base64
import binascii
import hashlib
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from typing_extensions import override

from config.secrets import Secret
from storage.errors import SealBroken, SettingsError

__all__ = ("KEY_FILE", "Seal")

KEY_FILE: Final = "sealing.key"
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
FORM: Final = "s1"
"""First part of a sealed text: which form it has."""


class Seal:
    """Seals and opens. It has no readable form: the key never leaves it."""

    def __init__(self, key: bytes) -> None:
        self._name = hashlib.sha256(key).hexdigest()[:8]
        self._cipher = AESGCM(key)

    @classmethod
    def open(cls, home: Path, given: Secret | None) -> "Seal":
        """The seal of the settings' key, else of the key file in ``home``, which is made when there is none. Raises ``SettingsError``."""
        return cls(_key(given.reveal(), "security.sealing_key") if given else _key_of_file(home / KEY_FILE))

    def seal(self, secret: Secret, belongs_to: str) -> str:
        """The sealed text: printable, different each time."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, secret.reveal().encode(), belongs_to.encode())
        return f"{FORM}.{self._name}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def unseal(self, sealed: str, belongs_to: str) -> Secret:
        """Open what was sealed. Raises ``SealBroken`` when it was sealed with another key, for another place, or was changed."""
        form, _, rest = sealed.partition(".")
        name, _, text = rest.partition(".")
        if form != FORM:
            raise SealBroken(f"the secret of {belongs_to} is not in a form that this release reads")
        if name != self._name:
            raise SealBroken(
                f"the secret of {belongs_to} was sealed with key {name}, and this server holds key {self._name}: "
                f"bring back that {KEY_FILE} (or security.sealing_key), or set the secret again"
            )
        return Secret(self._opened(text, belongs_to), "sealed")

    def _opened(self, text: str, belongs_to: str) -> str:
        try:
            data = base64.urlsafe_b64decode(text)
            return self._cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], belongs_to.encode()).decode()
        except (InvalidTag, ValueError):
            raise SealBroken(f"the secret of {belongs_to} was changed where it lies; set it again") from None

    @override
    def __repr__(self) -> str:
        return f"Seal({self._name})"

    @override
    def __reduce__(self) -> str:
        raise TypeError("a seal is never serialised")


def _key_of_file(file: Path) -> bytes:
    if not file.exists():
        _write_key(file)
    _refuse_open_file(file)
    return _key(file.read_text("ascii", "replace"), str(file))


def _write_key(file: Path) -> None:
    """Make the file whole and for its owner alone, or leave the one that another process made meanwhile."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(FileExistsError):
            os.link(draft, file)
    finally:
        draft.unlink()


def _refuse_open_file(file: Path) -> None:
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & 0o077:
        raise SettingsError(f"{file} may be read by others (mode {mode:04o}), and it opens every stored secret: chmod 600 {file}")


def _key(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise SettingsError(
            f"{where} is not a key: it holds {KEY_BYTES} random bytes in base64, as `openssl rand -base64 {KEY_BYTES}` makes them"
        )
    return key
