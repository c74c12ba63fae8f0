"""What every test may ask for: the stores, real and empty."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from config.schema import StorageSettings
from storage.connectors import Embedded
from tests import running

pytest_plugins = ["tests.fixtures.redis", "tests.fixtures.stores"]

# Servers that tests start keep what they compile: where that is forbidden, each start compiles some seven hundred files again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# How long an example takes says how busy the machine is.
settings.register_profile("tidegate", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tidegate")

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def chdb_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The one data directory of this process: chDB opens no second one. It stays open throughout, as each opening takes a second."""
    home = tmp_path_factory.mktemp("tidegate-data")
    client = Embedded(home / "chdb").open(None)
    yield home
    client.close()


@pytest.fixture
def tmp_storage(chdb_home: Path) -> StorageSettings:
    """Settings of empty embedded stores: a database of its own in the shared chDB, the rest in a directory of its own."""
    return StorageSettings(path=str(chdb_home), clickhouse_database=f"test_{next(_numbers)}")


@pytest.fixture
def free_port() -> int:
    """A TCP port that nobody listened on a moment ago."""
    return running.free_port()
