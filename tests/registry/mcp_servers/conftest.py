"""MCP servers as MLflow's client asks for them, on SQLite and PostgreSQL."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from litestar import Litestar

from registry.mcp_servers.access_service import AccessEndpointService
from registry.mcp_servers.endpoints import endpoints
from registry.mcp_servers.service import McpServerService
from registry.mcp_servers.version_service import McpVersionService
from registry.models.moves import Moves
from registry.outbound.guard import AddressGuard
from registry.wire.endpoints import Table
from registry.wire.routes import with_endpoints
from storage.metadata import Metadata


class Owners:
    """Remembers who was told what."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str]] = []

    async def made(self, resource_type: str, resource_id: str) -> None:
        self.told.append(("made", resource_type, resource_id))

    async def removed(self, resource_type: str, resource_id: str) -> None:
        self.told.append(("removed", resource_type, resource_id))


class Client:
    def __init__(self, http: AsyncClient, owners: Owners, moves: Moves) -> None:
        self.http = http
        self.owners = owners
        self.moves = moves

    async def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        answer = await self.http.request(method, f"/api/3.0/mlflow/mcp-servers{path}", json=body, params=query or None)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
async def client(metadata_any: Metadata) -> AsyncIterator[Client]:
    owners, moves, guard = Owners(), Moves(metadata_any), AddressGuard(lambda: False)
    versions = McpVersionService(metadata_any, guard, owners, moves)
    table = Table(endpoints(McpServerService(metadata_any, guard, owners), versions, AccessEndpointService(metadata_any)))
    app = with_endpoints(Litestar([], logging_config=None), table, 1_000_000)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as opened:
        yield Client(opened, owners, moves)
