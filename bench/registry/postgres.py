"""A PostgreSQL of the benchmark's own, with its default settings, reached over a socket in a folder of its own."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

__all__ = ("binaries", "create_database", "postgresql")

NOBODY: Final = 65534
PATIENCE_SECONDS: Final = 60.0


def binaries() -> Path | None:
    """The folder of ``initdb`` and ``postgres``; ``None`` where they are not installed."""
    places = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists() and (place / "postgres").exists()), None)


@contextmanager
def postgresql(programs: Path) -> Iterator[Path]:
    """Run it until the block ends; yields the folder of its socket. Raises ``TimeoutError`` when it does not start."""
    home = Path(tempfile.mkdtemp(prefix="tidegate-bench-pg-"))
    account = _account(home)
    initdb = [str(programs / "initdb"), "-D", str(home / "data"), "-U", "postgres", "-A", "trust"]
    subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, **account)
    options = ["-D", str(home / "data"), "-k", str(home), "-c", "listen_addresses=", "-c", "max_connections=200"]
    with subprocess.Popen([str(programs / "postgres"), *options], stderr=subprocess.DEVNULL, **account) as server:
        try:
            _wait(home)
            yield home
        finally:
            server.terminate()
    shutil.rmtree(home, ignore_errors=True)


def create_database(home: Path, name: str) -> None:
    """Make an empty database."""
    with psycopg.connect(host=str(home), user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _account(home: Path) -> dict[str, Any]:
    """PostgreSQL refuses to be run by root; others run it as themselves."""
    if os.geteuid() != 0:
        return {}
    os.chown(home, NOBODY, NOBODY)
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []}


def _wait(home: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            psycopg.connect(host=str(home), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise TimeoutError(f"PostgreSQL did not start within {PATIENCE_SECONDS:.0f} s") from None
            time.sleep(0.05)
        else:
            return
