"""What the terminal says when the server is up: where the pages are, where the data lies, how an application speaks to it."""

from pathlib import Path

from config import Loaded, Settings
from server.cli.ports import is_loopback
from server.cli.program import program

__all__ = ("banner",)


def banner(loaded: Loaded, port: int) -> str:
    """The text, without colours; it goes to stderr."""
    settings = loaded.settings
    url = base_url(settings, port)
    warnings = "".join(f"\n  warning   {problem}" for problem in loaded.warnings)
    return f"""
  Tidegate is up.

  {_place(settings, url)}
  data      {_data(settings)}
  settings  {loaded.file or f"built in; `{program()} init` writes a file to change them"}
  keys      {_keys(settings)}{warnings}

  from openai import OpenAI
  client = OpenAI(base_url="{url}/v1", api_key="unused")
  print(client.chat.completions.create(model="fake/echo", messages=[{{"role": "user", "content": "Hello"}}]).choices[0].message.content)

  `{program()} demo` sends sample traffic to a server of its own; Ctrl-C stops this one.
"""


def base_url(settings: Settings, port: int) -> str:
    """The URL that a user of this machine types."""
    if settings.server.public_url:
        return settings.server.public_url.rstrip("/")
    host = settings.server.host
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else f"[{host}]" if ":" in host else host  # noqa: S104 - compared, not bound
    return f"http://{shown}:{port}"


def _place(settings: Settings, url: str) -> str:
    return f"pages     {url}/" if settings.server.role == "all" else f"gateway   {url}/v1, beside a server that has the pages"


def _keys(settings: Settings) -> str:
    if settings.security.api_keys:
        return "needed"
    return "none needed: only this machine can reach it" if is_loopback(settings.server.host) else "none needed, by whoever can reach it"


def _data(settings: Settings) -> str:
    telemetry = "ClickHouse server" if settings.storage.clickhouse else "embedded chDB"
    return f"{Path(settings.storage.path).resolve()} ({telemetry})"
