"""People who sign in, for tests: each makes requests in their own name."""

from itertools import count

import httpx

from tests.running import RunningServer

__all__ = ("ADMIN", "KEY", "Person", "grant", "numbers")

ADMIN = ("admin", "correct horse")
KEY = "the-key-of-the-configuration"
numbers = count(1)


class Person:
    """A client that signs in as somebody."""

    def __init__(self, server: RunningServer, auth: tuple[str, str]) -> None:
        self.name = auth[0]
        self.http = httpx.Client(base_url=server.url, auth=auth, timeout=30)

    def call(self, method: str, path: str, /, **fields: object) -> httpx.Response:
        path = path if path.startswith("/") else f"/api/2.0/mlflow/{path}"
        return self.http.request(method, path, **({"params": fields} if method == "GET" else {"json": fields}))

    def get(self, path: str, /, **fields: object) -> dict:
        return self.call("GET", path, **fields).raise_for_status().json()

    def post(self, path: str, /, **fields: object) -> dict:
        return self.call("POST", path, **fields).raise_for_status().json()

    def status(self, method: str, path: str, /, **fields: object) -> int:
        return self.call(method, path, **fields).status_code

    def experiment(self) -> str:
        return self.post("experiments/create", name=f"of {self.name} {next(numbers)}")["experiment_id"]


def grant(admin: Person, person: Person, kind: str, name: str, permission: str) -> None:
    asked = {"username": person.name, "resource_type": kind, "resource_id": name, "permission": permission}
    admin.post("/api/3.0/mlflow/users/permissions/grant", **asked)
