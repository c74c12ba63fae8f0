"""Servers that tests share: one that people sign in to, for all tests of who may do what, and one with workers."""

import socket
from collections.abc import Iterator

import pytest

from tests.running import RunningServer, running_server
from tests.server.people import ADMIN, KEY, Person, numbers
from tests.server.with_workers import configure, start

CONFIGURATION = f"""security: {{users: true, allow_private_addresses: true, admin_password: {ADMIN[1]}, api_keys: [{KEY}]}}
judges: [{{name: strict, instructions: "Is {{{{ outputs }}}} right?", model: fake/judge, online: false}}]
"""


@pytest.fixture(scope="session")
def users_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    home = tmp_path_factory.mktemp("users")
    config = home / "tidegate.yaml"
    config.write_text(CONFIGURATION)
    with running_server(home / "data", config=config) as running:
        yield running


@pytest.fixture
def admin(users_server: RunningServer) -> Person:
    return Person(users_server, ADMIN)


@pytest.fixture(scope="session")
def make_person(users_server: RunningServer):
    admin = Person(users_server, ADMIN)

    def make(role: str | None = None) -> Person:
        name = f"person{next(numbers)}"
        admin.post("users/create", username=name, password="long pass word")
        if role:
            roles = admin.get("/api/3.0/mlflow/roles/list", workspace="default")["roles"]
            admin.post("/api/3.0/mlflow/roles/assign", username=name, role_id=next(each["id"] for each in roles if each["name"] == role))
        return Person(users_server, (name, "long pass word"))

    return make


@pytest.fixture(scope="session")
def silent() -> Iterator[socket.socket]:
    """A vendor that takes requests and never says anything."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        listening.settimeout(60)
        yield listening


@pytest.fixture(scope="session")
def workers_server(tmp_path_factory: pytest.TempPathFactory, silent: socket.socket) -> Iterator[RunningServer]:
    """With two workers. Some tests kill it, or parts of it, and leave one that runs; one of them ends it for good."""
    home = tmp_path_factory.mktemp("workers")
    configure(home, silent)
    running = start(home)
    yield running
    assert running.stop() == 0
