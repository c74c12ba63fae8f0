"""Which server the command line talks to."""

import os
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec

from config.errors import ConfigError, Problem
from config.secrets import Secret

__all__ = ("ClientSettings", "client_settings")

DEFAULT_URL: Final = "http://127.0.0.1:4242"


class ClientSettings(msgspec.Struct, frozen=True):
    """Address of a running server, without a slash at its end, and the key it wants, if it wants one.

    ``workspace``: where names are looked up; ``""`` is the server's default.
    """

    url: str = DEFAULT_URL
    api_key: Secret | None = None
    workspace: str = ""


def client_settings(environ: Mapping[str, str] | None = None) -> ClientSettings:
    """``TIDEGATE_URL``, ``TIDEGATE_API_KEY``, ``TIDEGATE_WORKSPACE``; without them this machine's server, at ``TIDEGATE_SERVER__PORT``, without a key.

    Raises:
        ConfigError: when ``TIDEGATE_URL`` is no URL.
    """
    variables = os.environ if environ is None else environ
    url, key = variables.get("TIDEGATE_URL") or _of_this_machine(variables), variables.get("TIDEGATE_API_KEY")
    if not _is_web_address(url):
        raise ConfigError([_not_a_url()])
    return ClientSettings(url.rstrip("/"), Secret(key, "env:TIDEGATE_API_KEY") if key else None, variables.get("TIDEGATE_WORKSPACE", ""))


def _of_this_machine(variables: Mapping[str, str]) -> str:
    """The address at which ``tidegate up`` listens under the same environment. A port that ``up`` would refuse is not looked at here."""
    port = variables.get("TIDEGATE_SERVER__PORT", "")
    return f"http://127.0.0.1:{port}" if port.isdecimal() and int(port) else DEFAULT_URL


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _not_a_url() -> Problem:
    subject = "the variable TIDEGATE_URL"
    return Problem(
        file="TIDEGATE_URL",
        line=0,
        column=0,
        path="",
        subject=subject,
        message=f"{subject} must be a URL that begins with http:// or https://",
        hint=f"export TIDEGATE_URL={DEFAULT_URL}, or unset it",
    )
