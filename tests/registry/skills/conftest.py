"""Skills as MLflow's client asks for them, on SQLite and PostgreSQL."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from litestar import Litestar

from registry.artifacts.tree import ArtifactTree
from registry.models.moves import Moves
from registry.outbound.guard import AddressGuard
from registry.skills.content import SkillContent
from registry.skills.endpoints import endpoints
from registry.skills.registration import SkillRegistration
from registry.skills.service import SkillService
from registry.skills.version_service import SkillVersionService
from registry.wire.endpoints import Table
from registry.wire.routes import with_endpoints
from storage.blobs import Blobs
from storage.metadata import Metadata


class Owners:
    """Nobody has to sign in."""

    async def made(self, resource_type: str, resource_id: str) -> None:
        return

    async def removed(self, resource_type: str, resource_id: str) -> None:
        return


class Client:
    def __init__(self, http: AsyncClient, moves: Moves, tree: ArtifactTree) -> None:
        self.http = http
        self.moves = moves
        self.tree = tree

    async def call(self, method: str, path: str, body: Any = None, *, status: int = 200, **more: Any) -> Any:
        answer = await self.http.request(method, f"/api/3.0/mlflow/skills{path}", json=body, **more)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
async def client(metadata_any: Metadata) -> AsyncIterator[Client]:
    tree, owners, moves = ArtifactTree(Blobs.in_memory()), Owners(), Moves(metadata_any)
    content = SkillContent(tree)
    skills = SkillService(metadata_any, AddressGuard(lambda: False), owners, content)
    table = Table(endpoints(skills, SkillRegistration(metadata_any, owners, content), SkillVersionService(metadata_any, moves)))
    app = with_endpoints(Litestar([], logging_config=None), table, 1_000_000)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as opened:
        yield Client(opened, moves, tree)
