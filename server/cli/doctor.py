"""``tidegate doctor``: what stands between this machine and a working server, each with its fix. Never prints a secret."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
import rich_click as click

from server.cli import ports
from server.cli.api import Api, with_api
from server.cli.configuration import config_option
from server.cli.errors import CheckFailed, CommandError
from server.cli.output import emit, json_option, plain, show

if TYPE_CHECKING:
    from config import Settings

__all__ = ("Check", "doctor")

MARKS: Final = {"ok": ("✓", "green"), "warning": ("▲", "yellow"), "failed": ("✗", "red")}
LOW_DISK: Final = 2 * 1024**3
NO_DISK: Final = 200 * 1024**2


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the report. ``fix`` is ``""`` when there is nothing to fix."""

    name: str
    state: Literal["ok", "warning", "failed"]
    detail: str
    fix: str = ""


@click.command()
@config_option
@json_option
@with_api
def doctor(api: Api, file: Path | None, *, as_json: bool) -> None:
    """Find what keeps a server from working.

    Checks versions, configuration, data directory, disk, keys, port and server. Ends with 1 when something cannot work.
    """
    checks = [*_versions(), *_local(file), *_server(api)]
    if as_json:
        emit({"ok": _works(checks), "checks": checks})
    else:
        for check in checks:
            mark, colour = MARKS[check.state]
            show(plain(f"{mark} ", colour) + plain(f"{check.name:<14}", "bold") + plain(check.detail))
            if check.fix:
                show(plain(f"    fix: {check.fix}"))
    if not _works(checks):
        raise CheckFailed(f"{sum(check.state == 'failed' for check in checks)} of {len(checks)} checks failed")


def _works(checks: list[Check]) -> bool:
    return all(check.state != "failed" for check in checks)


def _versions() -> Iterator[Check]:
    from importlib.metadata import version

    from server.version import VERSION

    parts = ", ".join(f"{name} {version(name)}" for name in ("chdb", "httptools", "litestar", "opentelemetry-sdk"))
    yield Check(name="version", state="ok", detail=f"tidegate {VERSION}, Python {sys.version.split()[0]}, {parts}")


def _local(file: Path | None) -> Iterator[Check]:
    from config import ConfigError, load_with_report
    from server.judge_filters import check_filters

    try:
        loaded = load_with_report(file, further=(check_filters,))
    except ConfigError as error:
        for problem in error.problems:
            yield Check(name="configuration", state="failed", detail=f"{problem.location}: {problem.message}", fix=problem.hint)
        return
    yield Check(name="configuration", state="ok", detail=str(loaded.file or "built-in defaults"))
    for warning in loaded.warnings:
        yield Check(name="configuration", state="warning", detail=f"{warning.location}: {warning.message}", fix=warning.hint)
    yield from _data(Path(loaded.settings.storage.path))
    yield from _keys(loaded.settings)
    yield _port(loaded.settings)


def _data(path: Path) -> Iterator[Check]:
    """Whether the directory, or the nearest one above it that exists, takes files, and how much room there is."""
    existing = next(parent for parent in (path.absolute(), *path.absolute().parents) if parent.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            yield Check(name="data", state="ok", detail=f"{path.absolute()}{'' if path.exists() else ' (will be created)'}")
    except OSError as error:
        fix = "Give this user the right to write there, or choose another directory with --data."
        yield Check(name="data", state="failed", detail=f"{path.absolute()} takes no files: {error.strerror}", fix=fix)
    free = shutil.disk_usage(existing).free
    state: Literal["ok", "warning", "failed"] = "ok" if free > LOW_DISK else "warning" if free > NO_DISK else "failed"
    fix = "" if state == "ok" else "Make room, shorten telemetry.retention_days, or move storage.path."
    yield Check(name="disk", state=state, detail=f"{free / 1024**3:.1f} GiB free", fix=fix)


def _keys(settings: "Settings") -> Iterator[Check]:
    for name, provider in sorted(settings.providers.items()):
        if provider.kind == "fake":
            yield Check(name="provider", state="ok", detail=f"{name}: built in, needs no key")
        elif provider.api_key is not None:
            yield Check(name="provider", state="ok", detail=f"{name}: key from {provider.api_key.reference or 'the file'}")
        elif provider.base_url is not None:
            yield Check(name="provider", state="ok", detail=f"{name}: no key is sent to its base_url")
        else:
            fix = f"Set providers.{name}.api_key to env:NAME or file:/path."
            yield Check(name="provider", state="warning", detail=f"{name}: no key", fix=fix)


def _port(settings: "Settings") -> Check:
    host, port = settings.server.host, settings.server.port
    try:
        if port == 0 or ports.is_free(host, port):
            return Check(name="port", state="ok", detail=f"{host}:{port} is free" if port else "a free one is taken")
    except OSError as error:
        return Check(name="port", state="failed", detail=f"{host}:{port} cannot be bound: {error.strerror}", fix="Change server.host.")
    return Check(name="port", state="ok", detail=f"{host}:{port} is in use by {ports.owner_of(port) or 'a process of another user'}")


def _server(api: Api) -> Iterator[Check]:
    try:
        health = api.get("/health", dict[str, Any])
        version = api.text("/version")
    except CommandError as error:
        yield Check(name="server", state="warning", detail=error.message, fix=error.hint)
        return
    yield Check(name="server", state="ok", detail=f"{api.url} answers, version {version}")
    yield from _health(health)


def _health(health: dict[str, Any]) -> Iterator[Check]:
    journal = health.get("journal") or {}
    if error := health.get("storage_error") or journal.get("last_error"):
        fix = "Spans wait in the journal and nothing is lost; see the server's log and storage.clickhouse."
        yield Check(name="storage", state="failed", detail=f"spans cannot be stored: {error}", fix=fix)
    else:
        yield Check(name="storage", state="ok", detail=f"{journal.get('pending', '?')} records wait to be stored")
    if dropped := journal.get("dropped"):
        fix = "Raise storage.journal.max_bytes, or bring the database back."
        yield Check(name="journal", state="failed", detail=f"{dropped} spans were dropped: the journal was full", fix=fix)
    for worker in health.get("workers") or ():
        if (state := worker.get("state")) != "ok":
            fix = "One that is away is started again by itself; see the server's log. One that stays stuck: kill its process."
            yield Check(name="workers", state="warning", detail=f"worker {worker.get('number')} is {state}", fix=fix)
    if error := health.get("config_error"):
        yield Check(name="reload", state="warning", detail=f"the newest configuration was refused: {error}", fix="`tidegate config check`")
