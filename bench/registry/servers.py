"""The tracking servers that are measured: ours and ``mlflow server``, over SQLite and over PostgreSQL."""

import sys
from pathlib import Path
from typing import Final, Literal

import msgspec

from bench.peers import FOLDER
from bench.registry.postgres import create_database

__all__ = ("OURS", "PEER", "Backend", "Server", "peer_program", "servers")

Backend = Literal["SQLite", "PostgreSQL"]
ROOT: Final = Path(__file__).resolve().parent.parent.parent
OURS: Final = "tidegate"
PEER: Final = "mlflow server"


class Server(msgspec.Struct, frozen=True):
    """A tracking server and how it is started."""

    name: str
    backend: Backend
    command: tuple[str, ...]
    url: str
    environment: dict[str, str] = {}
    database: str = ""
    """Where runs can be stored past its API: the URL of its database for SQLAlchemy. Empty where its API is quick enough."""


def peer_program(chosen: Path | None) -> Path | None:
    """The ``mlflow`` to measure; ``None`` where there is none."""
    program = chosen or FOLDER / "mlflow/bin/mlflow"
    return program if program.exists() else None


def servers(work: Path, mlflow: Path | None, postgres: Path | None) -> list[Server]:
    """All servers that can be started, those of one database together.

    ``postgres`` is the folder of the socket of a running PostgreSQL; databases are made in it.
    """
    backends: list[Backend] = ["SQLite"] if postgres is None else ["SQLite", "PostgreSQL"]
    found = []
    for backend in backends:
        found.append(_ours(work / f"tidegate-{backend}", backend, postgres))
        if mlflow is not None:
            found.append(_theirs(work / f"mlflow-{backend}", backend, mlflow, postgres))
    return found


def _ours(home: Path, backend: Backend, postgres: Path | None) -> Server:
    command = (sys.executable, str(ROOT / "tidegate.py"), "up", "--port", "9160", "--data", str(home))
    environment = {}
    if backend == "PostgreSQL":
        environment["TIDEGATE_STORAGE__METADATA"] = _database(postgres, "tidegate", "postgresql+psycopg")
    return Server(OURS, backend, command, "http://127.0.0.1:9160", environment)


def _theirs(home: Path, backend: Backend, program: Path, postgres: Path | None) -> Server:
    home.mkdir(parents=True)
    store = f"sqlite:///{home}/mlflow.db" if backend == "SQLite" else _database(postgres, "mlflow", "postgresql+psycopg2")
    command = (str(program), "server", "--port", "9161", "--backend-store-uri", store, "--artifacts-destination", str(home / "artifacts"))
    # Its consumers of jobs are left out: they take memory and answer nothing that is measured here.
    environment = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "PATH": f"{program.parent}:/usr/local/bin:/usr/bin:/bin"}
    return Server(PEER, backend, command, "http://127.0.0.1:9161", environment, store.replace("psycopg2", "psycopg"))


def _database(postgres: Path | None, name: str, driver: str) -> str:
    if postgres is None:
        raise ValueError("PostgreSQL does not run")
    create_database(postgres, name)
    return f"{driver}://postgres@/{name}?host={postgres}"
