"""What a guardrail refuses. Messages name the guardrail and the kind of what was found, never the text."""

from gateway.errors import ClientMistake, GatewayError
from gateway.types import Observation, Usage

__all__ = ("GuardrailBlocked", "GuardrailUnavailable", "NothingToLookAt", "StreamRefused", "Withheld")


class GuardrailBlocked(ClientMistake):
    """The request or its answer holds what it must not. ``observation`` is what of an answer is known and may be told: its usage."""

    code = "content_policy_violation"

    def __init__(self, message: str, observation: Observation | None = None) -> None:
        super().__init__(message)
        self.observation = observation

    @property
    def usage(self) -> Usage | None:
        """What the answer used that is withheld."""
        return None if self.observation is None else self.observation.usage


class StreamRefused(ClientMistake):
    """A guardrail of the route judges whole answers alone, and the request asks for a stream."""

    code = "stream_not_allowed"


class NothingToLookAt(ClientMistake):
    """A request, or its answer, is no JSON, so that a guardrail cannot look into it. ``observation`` as above."""

    code = "guardrail_not_applicable"

    def __init__(self, message: str, observation: Observation | None = None) -> None:
        super().__init__(message)
        self.observation = observation


class GuardrailUnavailable(GatewayError):
    """A guardrail could not be evaluated, and nothing passes without it."""

    status = 503
    code = "guardrail_unavailable"
    kind = "api_error"
    retryable = True

    def __init__(self, message: str, observation: Observation | None = None) -> None:
        super().__init__(message)
        self.observation = observation


Withheld = GuardrailBlocked | NothingToLookAt | GuardrailUnavailable
"""Errors that may stand in place of an answer that is paid for."""
