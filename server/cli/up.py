"""``tidegate up``: load the configuration, see that the address and the data directory can be used, serve."""

import gc
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import rich_click as click

from server.cli import ports
from server.cli.configuration import config_option, load
from server.cli.errors import BadUsage

if TYPE_CHECKING:
    from config import Loaded, Settings

__all__ = ("up",)


SHORTEST_KEY: Final = 16
"""Characters of a key that opens everything to other machines. What examples use everywhere (``sk-1234``) is shorter."""


@click.command()
@config_option
@click.option("--host", help="Address to bind.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="TCP port; 0 takes a free one.  [default: 4242]")
@click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), help="Directory of everything stored.  [default: ./tidegate-data]"
)
@click.option(
    "--role",
    type=click.Choice(["all", "gateway"]),
    help="With gateway: serve models' clients alone, as one of many gateways in front of a full server.  [default: all]",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    help="Gateway processes on the same port, one for each core of the machine.  [default: 1]",
)
@click.option("--insecure", is_flag=True, help="Let other machines in without a key.")
def up(file: Path | None, host: str | None, port: int | None, data: Path | None, role: str | None, workers: int, *, insecure: bool) -> int:
    """Start the server."""
    gc.disable()  # until all is loaded: nothing of that is garbage, and looking for some took a tenth of the start
    given = {"server.host": host, "server.port": port, "storage.path": data, "server.role": role}
    loaded = load(file, {key: str(value) for key, value in given.items() if value is not None})
    _refuse_open_door(loaded.settings, insecure=insecure)
    _refuse_lone_gateway(loaded.settings)
    _refuse_taken_port(loaded.settings)
    _refuse_unusable_data(loaded.settings)
    if workers > 1:
        return _serve_with_workers(_anchored(loaded), workers)
    return _serve(_anchored(loaded), insecure=insecure)


def _serve(loaded: "Loaded", *, insecure: bool) -> int:
    from server.refusals import REFUSALS, way_out
    from server.up import serve

    try:
        return serve(loaded, insecure=insecure)
    except REFUSALS as error:
        raise BadUsage(str(error), way_out(error)) from error


def _serve_with_workers(loaded: "Loaded", workers: int) -> int:
    if loaded.settings.server.role == "gateway":
        raise BadUsage("--role gateway and --workers are two ways to the same", "Start more gateways, or leave out --role.")
    from server.up import serve_with_workers

    return serve_with_workers(loaded, workers)


def _anchored(loaded: "Loaded") -> "Loaded":
    """The settings with absolute paths. Importing chdb, in a thread while the server starts, changes the working directory for a moment."""
    settings = loaded.settings
    storage = msgspec.structs.replace(settings.storage, path=str(Path(settings.storage.path).absolute()))
    return msgspec.structs.replace(
        loaded,
        settings=msgspec.structs.replace(settings, storage=storage),
        file=loaded.file and loaded.file.absolute(),
        sources=tuple(source.absolute() for source in loaded.sources),
    )


def _refuse_open_door(settings: "Settings", *, insecure: bool) -> None:
    host = settings.server.host
    if insecure or ports.is_loopback(host):
        return
    if any(len(key.reveal()) < SHORTEST_KEY for key in settings.security.api_keys):
        raise BadUsage(
            f"{host} lets other machines in, and a key of security.api_keys is shorter than {SHORTEST_KEY} characters: it can be guessed",
            "Make one with `openssl rand -hex 24`, or give --insecure if the network is yours alone.",
        )
    if not (settings.security.api_keys or settings.security.users):
        raise BadUsage(
            f"{host} lets other machines in, and no key is configured",
            "Set security.api_keys in tidegate.yaml, or give --insecure if the network is yours alone.",
        )


def _refuse_lone_gateway(settings: "Settings") -> None:
    missing = [f"storage.{name}" for name in ("clickhouse", "metadata") if getattr(settings.storage, name) is None]
    if settings.server.role == "gateway" and missing:
        raise BadUsage(
            f"a process that is a gateway alone shares its databases with a server that does all, and {' and '.join(missing)} is not set",
            "Set storage.clickhouse and storage.metadata to the same servers in both, or leave out --role: one process does all by itself.",
        )


def _refuse_unusable_data(settings: "Settings") -> None:
    path = Path(settings.storage.path).absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return
    except OSError as error:
        raise BadUsage(
            f"the data directory {path} takes no files: {error.strerror or error}",
            "Choose another directory with --data or storage.path, or give this user the right to write there.",
        ) from error


def _refuse_taken_port(settings: "Settings") -> None:
    host, port = settings.server.host, settings.server.port
    try:
        if port == 0 or ports.is_free(host, port):
            return
    except OSError as error:
        raise BadUsage(f"{host}:{port} cannot be bound: {error.strerror or error}", "Choose another --host or --port.") from error
    owner, free = ports.owner_of(port), ports.next_free(host, port)
    raise BadUsage(
        f"port {port} is in use{f' by {owner}' if owner else ''}",
        f"Stop that, or use --port {free}." if free else "Stop that, or choose another --port.",
    )
