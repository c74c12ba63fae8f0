"""Where the server listens, and who may come."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from config.secrets import Secret
from config.settings.terms import Seconds

__all__ = ("SecuritySettings", "ServerSettings")


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the server listens."""

    host: str = "127.0.0.1"
    """Address to bind. Anything but loopback needs ``security.api_keys``, or ``tidegate up --insecure``."""

    port: Annotated[int, Meta(ge=0, le=65535)] = 4242
    """TCP port; 0 takes a free one."""

    public_url: str | None = None
    """The URL that users type, when a proxy stands in front. Default: what the request says."""

    trusted_proxies: tuple[str, ...] = ()
    """Addresses, or networks such as ``10.0.0.0/8``, of reverse proxies whose word on their clients is taken. Default: nobody's. Read at the start.

    A request from one of them comes from the rightmost entry of ``X-Forwarded-For`` that is none of them (without that header: of ``Forwarded``),
    and so it is counted by limits ``per: address`` and by what keeps passwords from being guessed. ``X-Forwarded-Proto`` is its scheme.
    ``X-Forwarded-Host`` is not read: let the proxy pass ``Host`` on, or set ``public_url``.
    """

    max_body_bytes: Annotated[int, Meta(ge=1024)] = 100 * 1024 * 1024
    """Largest request body accepted, in bytes."""

    keepalive_seconds: Annotated[float, Meta(ge=0)] = 15.0
    """Silence of a model after which a client that waits for a stream is sent something that it skips, so that nothing on the way hangs up; 0: never.

    Where the model has said nothing at all by then the answer begins with it, as status 200: a failure that comes later is told as the event of an
    error. One that comes sooner keeps its status.
    """

    stop_seconds: Seconds = 10.0
    """How long answers that are under way hold up a stop. Those that are not whole by then end in an error that says so."""

    role: Literal["all", "gateway"] = "all"
    """``gateway``: answer models' clients and take spans, and nothing else. Many of these may stand in front of one server that does all.

    They share ``storage.clickhouse`` and ``storage.metadata`` with it, which both must be set; also ``storage.redis`` and ``storage.blobs``, so
    that limits, cached answers and kept responses are one for all.
    """


class SecuritySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may speak to the server, and whom the server may speak to."""

    api_keys: tuple[Secret, ...] = ()
    """Keys that open everything: as ``Authorization: Bearer``, as ``x-api-key``, or as the password of HTTP Basic in a browser."""

    users: bool = False
    """Let people sign in with names and passwords, or tokens of theirs, and let each do what their permissions say. Keys go on opening everything.

    Off, whoever has a key, or comes where none is set, may do everything.
    """

    admin_username: Annotated[str, Meta(min_length=1, max_length=255)] = "admin"
    """Name of the user that is made at the first start with ``users``."""

    admin_password: Secret | None = None
    """Password of that user: needed at the first start with ``users``, and read at no later one. Afterwards it is changed like any other."""

    session_hours: Annotated[float, Meta(gt=0, le=24 * 365)] = 12
    """How long a browser stays signed in. A session ends sooner when the password is changed or the user is removed."""

    default_permission: Literal["READ", "USE", "EDIT", "MANAGE", "NO_PERMISSIONS"] = "READ"
    """What a user may do with an experiment, model or prompt that nobody gave them a permission on."""

    allow_private_addresses: bool = False
    """Allow webhooks and base URLs set through an API to point at private and loopback addresses. The YAML file is always trusted."""

    sealing_key: Secret | None = None
    """Key that seals stored secrets: 32 random bytes in base64. Default: the file ``sealing.key`` in the data directory, made at the first start.

    ``openssl rand -base64 32`` makes one.
    """

    allowed_hosts: tuple[str, ...] = ()
    """Extra ``Host`` names accepted (against DNS rebinding). Loopback names, the bound address and ``server.public_url`` always are."""
