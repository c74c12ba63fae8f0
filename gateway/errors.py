"""What can go wrong on the way through the gateway.

::

    GatewayError
    ├── ClientMistake               the request cannot be served as it is; sending it again changes nothing
    │   ├── InvalidRequest          400
    │   ├── PromptVariableMissing   400
    │   ├── PromptModelMissing      400
    │   ├── NoTargetFits            400
    │   ├── Unauthenticated         401
    │   ├── KeyNotAllowed           403
    │   ├── EndpointNotAllowed      403
    │   ├── BelongingNotFound       404
    │   ├── ModelNotFound           404
    │   ├── PromptNotFound          404
    │   ├── ResponseNotFound        404
    │   ├── UploadNotFound          404
    │   ├── PathNotFound            404
    │   ├── MethodNotAllowed        405
    │   ├── BodyTooLarge            413
    │   └── LimitReached            429  a ceiling on requests or tokens; it lifts with the next window
    │       └── BudgetSpent         429  a ceiling on money
    ├── PromptsUnavailable          503  the prompt cannot be read now
    ├── LimitsUnavailable           503  nobody can say now whether a limit is reached
    ├── BelongingsUnavailable       503  nobody can say now whose a file is
    ├── UpstreamFailure             the model's side failed; the next target of the route is tried
    │   ├── UpstreamUnreachable     502  no connection
    │   ├── UpstreamBroken          502  an answer that is cut, or that is not what the dialect promises
    │   └── UpstreamTimeout         504  one of the four clocks ran out
    ├── Stopping                    503  the server is being stopped; another one, or the same a moment later, answers
    ├── Failed                      500  a mistake of ours: the log has it, the client learns no more
    └── Misconfigured               500  raised when settings are built into a gateway, never by a request

Each class decides its HTTP ``status``, its stable ``code``, the ``kind`` of error in the words OpenAI's clients know, and whether another
attempt may help. How that looks on the wire is the surface's business. Messages never hold a header, a key or a body.
"""

from typing import ClassVar

__all__ = (
    "BelongingNotFound",
    "BelongingsUnavailable",
    "BodyTooLarge",
    "BudgetSpent",
    "ClientMistake",
    "EndpointNotAllowed",
    "Failed",
    "GatewayError",
    "InvalidRequest",
    "KeyNotAllowed",
    "LimitReached",
    "LimitsUnavailable",
    "MethodNotAllowed",
    "Misconfigured",
    "ModelNotFound",
    "NoTargetFits",
    "PathNotFound",
    "PromptModelMissing",
    "PromptNotFound",
    "PromptVariableMissing",
    "PromptsUnavailable",
    "ResponseNotFound",
    "Stopping",
    "Unauthenticated",
    "UploadNotFound",
    "UpstreamBroken",
    "UpstreamFailure",
    "UpstreamTimeout",
    "UpstreamUnreachable",
)


class GatewayError(Exception):
    """Any failure of ours. ``param`` names the member of the request that is at fault, where there is one."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    kind: ClassVar[str] = "server_error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param


class ClientMistake(GatewayError):
    """The request cannot be served as it is."""

    status = 400
    code = "invalid_request"
    kind = "invalid_request_error"


class InvalidRequest(ClientMistake):
    """The body is not JSON, or a member of it has a type that it cannot have."""


class PromptVariableMissing(ClientMistake):
    """The template of a prompt names a variable that the request did not send."""

    code = "prompt_variable_missing"


class PromptModelMissing(ClientMistake):
    """The prompt names no model, and no route stands in."""

    code = "prompt_model_missing"


class NoTargetFits(ClientMistake):
    """Each target of the route has conditions, and those of none hold for the request."""

    code = "no_target_fits"


class Unauthenticated(ClientMistake):
    """No key came, or not one of ours."""

    status = 401
    code = "invalid_api_key"


class KeyNotAllowed(ClientMistake):
    """The key is one of ours and does not open what was asked for."""

    status = 403
    code = "key_not_allowed"
    kind = "permission_error"


class EndpointNotAllowed(ClientMistake):
    """The caller may not use this endpoint."""

    status = 403
    code = "permission_denied"
    kind = "permission_error"


class PromptsUnavailable(GatewayError):
    """The registry of prompts does not answer, and the prompt was not asked for before."""

    status = 503
    code = "prompts_unavailable"


class LimitsUnavailable(GatewayError):
    """Whoever counts what a limit allows does not answer. Nothing was sent, so that no limit is overrun."""

    status = 503
    code = "limits_unavailable"
    kind = "api_error"
    retryable = True

    def __init__(self) -> None:
        super().__init__("A limit stands over this request, and the part of the server that counts is away. Try again in a moment.")


class BelongingNotFound(ClientMistake):
    """A file, a batch or the like that does not exist, or that another key made: whoever asks may not know which."""

    status = 404
    code = "not_found"


class BelongingsUnavailable(GatewayError):
    """Which key made what cannot be known now. Nothing was sent, so that nobody gets what is another's."""

    status = 503
    code = "belongings_unavailable"
    kind = "api_error"
    retryable = True

    def __init__(self) -> None:
        super().__init__("It cannot be looked up now which key made what is asked for. Try again in a moment.")


class ModelNotFound(ClientMistake):
    """No route, prompt or provider answers to the model's name."""

    status = 404
    code = "model_not_found"


class PromptNotFound(ClientMistake):
    """No such prompt, alias or version."""

    status = 404
    code = "prompt_not_found"


class ResponseNotFound(ClientMistake):
    """No such response is kept."""

    status = 404
    code = "response_not_found"


class UploadNotFound(ClientMistake):
    """No upload goes on at this address: it was never begun here, or began too long ago."""

    status = 404
    code = "upload_not_found"


class PathNotFound(ClientMistake):
    """The surface has no such path."""

    status = 404
    code = "unknown_url"


class MethodNotAllowed(ClientMistake):
    """The path exists, the method does not. ``allowed`` is the value of the ``Allow`` header."""

    status = 405
    code = "method_not_allowed"

    def __init__(self, message: str, *, allowed: str) -> None:
        super().__init__(message)
        self.allowed = allowed


class BodyTooLarge(ClientMistake):
    """More bytes than ``server.max_body_bytes``."""

    status = 413
    code = "request_too_large"


class LimitReached(ClientMistake):
    """A ceiling on requests or tokens is reached; ``retry-after`` says when it lifts."""

    status = 429
    code = "rate_limit_exceeded"
    kind = "rate_limit_error"
    retryable = True


class BudgetSpent(LimitReached):
    """A ceiling on money is reached."""

    code = "insufficient_quota"
    kind = "insufficient_quota"
    retryable = False


class UpstreamFailure(GatewayError):
    """The model's side failed, and nothing of its answer was given to the client yet, unless a stream had begun."""

    status = 502
    code = "upstream_error"
    kind = "api_error"
    retryable = True


class UpstreamUnreachable(UpstreamFailure):
    """No connection: refused, unknown host, TLS."""

    code = "upstream_unreachable"


class UpstreamBroken(UpstreamFailure):
    """The answer was cut, or is not what the dialect promises."""

    code = "upstream_broken"


class UpstreamTimeout(UpstreamFailure):
    """One of ``connect``, ``first_byte``, ``between_chunks``, ``total`` ran out; the message says which."""

    status = 504
    code = "upstream_timeout"


class Stopping(GatewayError):
    """The server is being stopped, and does not wait for the answer any longer."""

    status = 503
    code = "server_stopped"
    kind = "api_error"
    retryable = True

    def __init__(self) -> None:
        super().__init__("The server is being stopped before the answer is whole. Try again in a moment.")


class Failed(GatewayError):
    """A mistake of ours. The log says which; the client learns no more."""

    def __init__(self) -> None:
        super().__init__("The gateway failed on this request; its log says why.")


class Misconfigured(GatewayError):
    """The settings contradict themselves."""

    code = "misconfigured"
