"""Names with versions: models, prompts, MCP servers and skills, and who is told when they change."""

import socket

from registry.mcp_servers.access_service import AccessEndpointService
from registry.mcp_servers.service import McpServerService
from registry.mcp_servers.version_service import McpVersionService
from registry.models.alias_service import AliasService
from registry.models.model_service import RegisteredModelService
from registry.models.moves import Moves
from registry.models.reader import ModelReader
from registry.models.registrar import Registrar
from registry.models.version_service import ModelVersionService
from registry.prompts.service import PromptService
from registry.skills.content import SkillContent
from registry.skills.registration import SkillRegistration
from registry.skills.service import SkillService
from registry.skills.version_service import SkillVersionService
from registry.webhooks.service import WebhookService
from server.parts.access import Access
from server.parts.files import Files
from server.parts.ground import Ground, home
from server.registry_adapters import TrackedLineage

__all__ = ("Names",)


class Names:
    """``webhooks`` run, and are closed, by themselves; everything else answers when it is asked."""

    def __init__(self, ground: Ground, access: Access, files: Files) -> None:
        metadata = ground.metadata
        self.webhooks = WebhookService.build(
            metadata,
            access.addresses,
            ground.seal,
            lambda: ground.settings.webhooks,
            holder=f"{socket.gethostname()}:{home(ground.settings)}",
        )
        self.moves = Moves(metadata)
        registrar = Registrar(self.webhooks.outbox)
        self.prompts = PromptService(metadata, registrar=registrar, moves=self.moves)
        self.models = ModelReader(metadata)
        self.registered_models = RegisteredModelService(metadata, registrar, self.prompts.forget)
        self.model_versions = ModelVersionService(metadata, registrar, TrackedLineage(), self.prompts.forget)
        self.aliases = AliasService(metadata, registrar, self.moves, self.prompts.forget)
        self.mcp_servers = McpServerService(metadata, access.addresses, access.roles)
        self.mcp_versions = McpVersionService(metadata, access.addresses, access.roles, self.moves)
        self.mcp_access = AccessEndpointService(metadata)
        content = SkillContent(files.artifacts.own)
        self.skills = SkillService(metadata, access.addresses, access.roles, content)
        self.skill_registration = SkillRegistration(metadata, access.roles, content)
        self.skill_versions = SkillVersionService(metadata, self.moves)
