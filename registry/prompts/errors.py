"""What goes wrong with prompts, named after what the caller can do about it.

::

    PromptError
    ├── PromptInvalid          change the request: a bad name, alias, template, tag
    ├── PromptNotFound         name something that exists: no such prompt, version or alias
    ├── VariablesRejected      send the variables that the template has
    └── PromptMoveRefused      satisfy the check that refused to move an alias
"""

from typing import ClassVar

__all__ = ("PromptError", "PromptInvalid", "PromptMoveRefused", "PromptNotFound", "VariablesRejected")


class PromptError(Exception):
    """Base of the tree: ``status`` is the HTTP status, ``code`` is stable text for programs, ``hint`` says how to go on."""

    status: ClassVar[int] = 500
    code: str = "prompt_error"

    def __init__(self, message: str, *, hint: str, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code or type(self).code


class PromptInvalid(PromptError):
    """The request cannot mean a prompt."""

    status = 400
    code = "prompt_invalid"


class PromptNotFound(PromptError):
    """Nothing has this name, version or alias."""

    status = 404
    code = "prompt_not_found"


class VariablesRejected(PromptError):
    """The variables sent are not the variables of the template. ``missing`` and ``unknown`` name them, sorted."""

    status = 400
    code = "prompt_variables_rejected"

    def __init__(self, message: str, *, hint: str, missing: tuple[str, ...] = (), unknown: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.missing = missing
        self.unknown = unknown


class PromptMoveRefused(PromptError):
    """A check has spoken against moving an alias."""

    status = 403
    code = "prompt_move_refused"
