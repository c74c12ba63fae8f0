"""What can go wrong while judging.

::

    EvalsError
    ├── InvalidJudge         a definition that can never give a verdict (the configuration is at fault)
    ├── JudgeNotFound        no judge of this name is configured
    ├── RunNotFound          no run of this id is known to this process
    ├── InvalidWindow        since, until or limit cannot be read
    ├── VerdictError         the reply is not a verdict; ``reason`` is in our words and quotes nothing from the reply
    └── JudgeUnavailable     no reply came; ``retryable`` and ``retry_after`` say whether and when to ask again
        └── JudgeTimeout     the hard limit of one call passed; retryable, and it costs an attempt like any other

``status`` and ``code`` are the HTTP answer of our own API where a caller can meet the error; ``hint`` says what to do.
"""

from typing import ClassVar

__all__ = (
    "EvalsError",
    "InvalidJudge",
    "InvalidWindow",
    "JudgeNotFound",
    "JudgeTimeout",
    "JudgeUnavailable",
    "RunNotFound",
    "VerdictError",
)


class EvalsError(Exception):
    """Parent of everything this package raises on purpose."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "evals_error"

    def __init__(self, message: str, *, hint: str = "") -> None:
        """Keep ``message`` (what is wrong) apart from ``hint`` (what to do)."""
        super().__init__(message)
        self.hint = hint


class InvalidJudge(EvalsError):
    """A judge's definition contradicts itself."""

    status = 400
    code = "invalid_judge"


class JudgeNotFound(EvalsError):
    """No judge of this name is configured."""

    status = 404
    code = "judge_not_found"


class RunNotFound(EvalsError):
    """No run of this id is known."""

    status = 404
    code = "judge_run_not_found"


class InvalidWindow(EvalsError):
    """The part of the past that a run was asked for cannot be read."""

    status = 400
    code = "invalid_window"


class VerdictError(EvalsError):
    """A reply that is not exactly one verdict. ``reason`` never quotes the reply, so that it is safe to show and to send back."""

    code = "JUDGE_PARSE_ERROR"

    def __init__(self, reason: str) -> None:
        """Keep the reason for the ledger and for the repair request."""
        super().__init__(reason)
        self.reason = reason


class JudgeUnavailable(EvalsError):
    """The judge's model gave no reply. ``retry_after`` is in seconds, ``None`` when the upstream named no time."""

    status = 503
    code = "JUDGE_UNAVAILABLE"

    def __init__(self, message: str, *, retryable: bool = True, retry_after: float | None = None, hint: str = "") -> None:
        """``message`` is stored in the ledger: it names the cause and holds no secret."""
        super().__init__(message, hint=hint)
        self.retryable = retryable
        self.retry_after = retry_after


class JudgeTimeout(JudgeUnavailable):
    """The judge's model did not reply within the hard limit of one call."""

    status = 504
    code = "JUDGE_TIMEOUT"
