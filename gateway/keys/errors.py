"""What goes wrong with virtual keys, named after what the caller can do about it.

::

    KeyFailure
    ├── KeyInvalid         change the request: an expiry in the past, a model without its provider
    ├── KeyNameTaken       choose another name, or revoke the key that has it
    └── KeyNotFound        name a key that exists

What a request with a key is refused with belongs to the gateway's tree: ``gateway.errors.KeyNotAllowed``.
"""

from typing import ClassVar

__all__ = ("KeyFailure", "KeyInvalid", "KeyNameTaken", "KeyNotFound")


class KeyFailure(Exception):
    """Base of the tree: ``status`` is the HTTP status, ``code`` is stable text for programs, ``hint`` says how to go on."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "key_error"

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class KeyInvalid(KeyFailure):
    """The request cannot mean a key."""

    status = 400
    code = "key_invalid"


class KeyNameTaken(KeyFailure):
    """A key that is not revoked has the name."""

    status = 409
    code = "key_name_taken"


class KeyNotFound(KeyFailure):
    """No key has this id or name."""

    status = 404
    code = "key_not_found"
