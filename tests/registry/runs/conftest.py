"""One set of databases for all tests here: each test has experiments of its own in it."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config.schema import StorageSettings
from config.secrets import Secret
from tests.registry.tracking import Api, open_api


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, chdb_home: Path) -> Iterator[Api]:
    settings = StorageSettings(path=str(tmp_path_factory.mktemp("runs")))
    if request.param == "postgresql":
        settings = StorageSettings(path=settings.path, metadata=_database(request.getfixturevalue("postgresql")))
    with open_api(settings, StorageSettings(path=str(chdb_home), clickhouse_database=f"runs_{request.param}")) as opened:
        yield opened


def _database(socket_folder: str) -> Secret:
    with psycopg.connect(host=socket_folder, user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE runs")
    return Secret(f"postgresql+psycopg://postgres@/runs?host={socket_folder}")


@pytest.fixture
def experiment(api: Api) -> str:
    return api.experiment()


@pytest.fixture
def run(api: Api, experiment: str) -> str:
    return api.run(experiment)
