"""The running server, as commands see it: typed answers, and errors that say what to do.

Commands never open the data directory: the embedded database belongs to one process, which is the server.
"""

import re
from collections.abc import Callable, Mapping
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, TypeVar
from urllib.parse import quote

import msgspec
import rich_click as click

from server.cli.errors import BadUsage, CannotConnect, CommandError, Refused, ServerFailed
from server.cli.program import program

if TYPE_CHECKING:
    import httpx

    from config.client import ClientSettings

__all__ = ("Api", "connect", "in_workspace", "path_of", "with_api")

TIMEOUT_SECONDS: Final = 60.0
WORKSPACE: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class ErrorDetail(msgspec.Struct, frozen=True):
    """The part of an error body that is meant for people."""

    message: str
    code: str | None = ""
    hint: str | None = ""


class ErrorBody(msgspec.Struct, frozen=True):
    """An error as our API writes it, and near enough as OpenAI's dialect does."""

    error: ErrorDetail


class MlflowError(msgspec.Struct, frozen=True):
    """An error as the endpoints of MLflow's client write it."""

    error_code: str
    message: str


class Api:
    """A client of one server. Methods raise ``CannotConnect`` and ``Refused``."""

    def __init__(self, url: str, api_key: str | None = None) -> None:
        self.url = url.rstrip("/")
        self.headers = {"authorization": f"Bearer {api_key}"} if api_key else {}

    def within(self, workspace: str) -> "Api":
        """The same server, with names looked up in a workspace. Raises ``BadUsage``."""
        if not WORKSPACE.fullmatch(workspace):
            raise BadUsage(
                f"{workspace!r} is no name of a workspace",
                "Names are lowercase letters, digits and hyphens; --workspace or TIDEGATE_WORKSPACE.",
            )
        inside = Api(self.url)
        inside.headers = {**self.headers, "x-mlflow-workspace": workspace}
        return inside

    def get(self, path: str, answer: type[T], parameters: Mapping[str, str | int | None] | None = None) -> T:
        """Read ``path``; parameters that are ``None`` are left out."""
        given = {key: value for key, value in (parameters or {}).items() if value is not None}
        return self._decode(self._send("GET", path, params=given), answer)

    def post(self, path: str, body: object, answer: type[T]) -> T:
        """Send JSON, read JSON."""
        return self._decode(
            self._send("POST", path, content=msgspec.json.encode(body), headers={"content-type": "application/json"}), answer
        )

    def put(self, path: str, body: object, answer: type[T]) -> T:
        """Send JSON, read JSON."""
        return self._decode(
            self._send("PUT", path, content=msgspec.json.encode(body), headers={"content-type": "application/json"}), answer
        )

    def patch(self, path: str, body: object, answer: type[T]) -> T:
        """Send JSON, read JSON."""
        return self._decode(
            self._send("PATCH", path, content=msgspec.json.encode(body), headers={"content-type": "application/json"}), answer
        )

    def send(self, method: str, path: str, body: object) -> None:
        """Send JSON and ignore the answer."""
        self._send(method, path, content=msgspec.json.encode(body), headers={"content-type": "application/json"})

    def delete(self, path: str, parameters: Mapping[str, str] | None = None) -> None:
        """Remove what lies at ``path``; parameters that are empty are left out."""
        self._send("DELETE", path, params={key: value for key, value in (parameters or {}).items() if value})

    def delete_counted(self, path: str, answer: type[T], parameters: Mapping[str, str]) -> T:
        """As ``delete``, and return how many things the server says it removed."""
        return self._decode(self._send("DELETE", path, params={key: value for key, value in parameters.items() if value}), answer)

    def text(self, path: str) -> str:
        """Read plain text."""
        return self._send("GET", path).decode()

    @cached_property
    def _client(self) -> "httpx.Client":
        """One HTTP client for all requests: each new one reads the system's certificates, which takes longer than most answers."""
        import httpx

        return httpx.Client(headers=self.headers, timeout=TIMEOUT_SECONDS, trust_env=False)

    def _send(self, method: str, path: str, headers: Mapping[str, str] | None = None, **arguments: Any) -> bytes:
        import httpx

        try:
            response = self._client.request(method, self.url + path, headers=headers, **arguments)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise BadUsage(f"{self.url!r} is not a URL: {error}", "Give --url, or TIDEGATE_URL, like http://127.0.0.1:4242.") from error
        except httpx.ReadTimeout as error:
            raise CommandError(f"{self.url} took the request and did not answer within {TIMEOUT_SECONDS:.0f} s") from error
        except httpx.TransportError as error:
            raise _cannot_connect(self.url, error) from error
        if response.is_error:
            raise _refused(response)
        return response.content

    def _decode(self, body: bytes, answer: type[T]) -> T:
        try:
            return msgspec.json.decode(body, type=answer)
        except msgspec.DecodeError as error:
            raise CommandError(
                f"{self.url} answered something else than Tidegate of this version does: {error}",
                "Compare `tidegate version` with the server's /version, and see whether something else listens there.",
            ) from error


def with_api(command: Callable[Concatenate[Api, P], R]) -> Callable[P, R]:
    """Give a command the options that name the server, and the ``Api`` they mean as its first argument."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        options: dict[str, Any] = kwargs
        return command(connect(options.pop("url"), options.pop("api_key")), *args, **kwargs)

    with_key = click.option("--api-key", help="Key of the server, if it wants one.  [env: TIDEGATE_API_KEY]")
    with_url = click.option("--url", help="The server.  [env: TIDEGATE_URL; default: port TIDEGATE_SERVER__PORT or 4242 of this machine]")
    return with_url(with_key(run))


def in_workspace(command: Callable[Concatenate[Api, P], R]) -> Callable[Concatenate[Api, P], R]:
    """Give a command ``--workspace``. Must stand below ``with_api``, whose ``Api`` then looks into that workspace."""

    @wraps(command)
    def run(api: Api, /, *args: P.args, **kwargs: P.kwargs) -> R:
        options: dict[str, Any] = kwargs
        workspace = options.pop("workspace") or _client_settings().workspace
        return command(api.within(workspace) if workspace else api, *args, **kwargs)

    return click.option("--workspace", metavar="NAME", help="Look there.  [env: TIDEGATE_WORKSPACE; default: the server's own]")(run)


def connect(url: str | None = None, api_key: str | None = None) -> Api:
    """The server that the options name, else ``TIDEGATE_URL``, else this machine's at ``TIDEGATE_SERVER__PORT``. The key likewise."""
    found = _client_settings()
    return Api(url or found.url, api_key or (found.api_key.reveal() if found.api_key else None))


def _client_settings() -> "ClientSettings":
    from config import ConfigError, client_settings

    try:
        return client_settings()
    except ConfigError as error:
        raise BadUsage(str(error)) from error


def path_of(*parts: str) -> str:
    """A path under ``/api/v1``, each part percent-encoded."""
    return "/api/v1/" + "/".join(quote(part, safe="") for part in parts)


def _cannot_connect(url: str, error: Exception) -> CannotConnect:
    return CannotConnect(
        f"no server answers at {url}: {error}", f"Start one with `{program()} up`, or name another with --url or TIDEGATE_URL."
    )


def _refused(response: "httpx.Response") -> Refused:
    detail = _detail(response)
    hint = detail.hint or _HINTS.get(response.status_code, "")
    kind = ServerFailed if response.is_server_error else Refused
    return kind(response.status_code, detail.code or "", detail.message, hint)


_HINTS: Final = {
    401: "Give a key of the server, or a user's token, with --api-key or TIDEGATE_API_KEY.",
    403: "An administrator can do this, or give you a role or a permission for it.",
    404: "`tidegate users list` shows who there is.",
}
"""For errors of MLflow's endpoints, which have no hints. Of these commands ask only about users."""


def _detail(response: "httpx.Response") -> ErrorDetail:
    """The message in an error of our own API, or of MLflow's endpoints."""
    try:
        return msgspec.json.decode(response.content, type=ErrorBody).error
    except msgspec.DecodeError:
        pass
    try:
        told = msgspec.json.decode(response.content, type=MlflowError)
    except msgspec.DecodeError:
        return ErrorDetail(message=response.reason_phrase or "the server refused")
    return ErrorDetail(message=told.message, code=told.error_code)
