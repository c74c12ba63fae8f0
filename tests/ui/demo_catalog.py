"""MCP servers and skills in memory: what their pages are looked at with. What may be hostile is."""

from collections.abc import Sequence
from typing import Any

from registry.artifacts.messages import FileInfo
from registry.errors import InvalidParameterValue, ResourceDoesNotExist
from registry.mcp_servers import messages as mcp
from registry.skills import messages as skill

MILLIS = 1_793_534_400_000
HOSTILE = '<img src=x onerror=alert(1)> "quoted" & more'
CHANGED: dict[str, Any] = {
    "created_by": HOSTILE,
    "last_updated_by": "ada",
    "creation_timestamp": MILLIS,
    "last_updated_timestamp": MILLIS,
}
NAME = "com.example/weather"
TOOLS = [
    {"name": "forecast", "description": HOSTILE, "inputSchema": {"type": "object", "properties": {"city": {"description": HOSTILE}}}},
    {"name": "alerts", "title": HOSTILE, "description": None, "inputSchema": None},
]


def _mcp_version(version: str, status: str, aliases: list[str]) -> mcp.McpServerVersion:
    described = {"name": NAME, "version": version, "description": HOSTILE, "websiteUrl": "javascript:alert(1)"}
    fields = {"workspace": "default", "connect_options": {}, "source": "javascript:alert(1)", "tags": {"q": HOSTILE}}
    return mcp.McpServerVersion(
        name=NAME, version=version, server_json=described, status=status, tools=TOOLS, aliases=aliases, **fields, **CHANGED
    )


MCP_VERSIONS = [_mcp_version("2.0.0-rc.1", "draft", []), _mcp_version("1.1.0", "active", ["production"])]
ENDPOINT = mcp.AccessEndpointSummary(
    id="ae-1",
    server_name=NAME,
    url="javascript:alert(1)",
    transport_type="sse",
    workspace="default",
    server_version=None,
    server_alias="production",
    resolved_version=MCP_VERSIONS[1],
    **CHANGED,
)


def _server(name: str, latest: str | None) -> mcp.McpServer:
    return mcp.McpServer(
        name=name,
        display_name=HOSTILE if latest else None,
        description=HOSTILE,
        icons=[{"src": "https://attacker.example/i.png"}],
        workspace="default",
        status="active" if latest else None,
        access_endpoints=[ENDPOINT] if latest else [],
        latest_version=latest,
        aliases=[mcp.Alias(alias="production", version="1.1.0")] if latest else [],
        tags={"team": HOSTILE},
        allowed_actions=[],
        **CHANGED,
    )


def _skill(name: str, organization: str, latest: int | None) -> skill.Skill:
    return skill.Skill(
        name=name,
        organization=organization,
        workspace="default",
        description=HOSTILE,
        icons=None,
        status="active" if latest else None,
        latest_version=latest,
        source_type="mlflow" if latest else None,
        aliases=[skill.Alias(alias="production", version=2)] if latest else [],
        tags={"team": HOSTILE},
        **CHANGED,
    )


def _skill_version(number: int, source_type: str, source: str) -> skill.SkillVersion:
    fields = {"workspace": "default", "digest": "ab" * 32, "status": "active", "tags": {"q": HOSTILE}}
    return skill.SkillVersion(
        name="reviewer",
        version=number,
        organization="acme",
        source_type=source_type,
        source=source,
        ref="main" if source_type == "git" else None,
        subpath=None,
        aliases=["production"] if number == 2 else [],
        **fields,
        **CHANGED,
    )


SKILL_VERSIONS = [_skill_version(2, "mlflow", "mlflow-artifacts:/skills/@acme/reviewer/token"), _skill_version(1, "git", "git://x/y.git")]


class MemoryCatalog:
    """Two servers and two skills, of which one each has no version."""

    servers = [_server(NAME, "1.1.0"), _server("com.example/empty", None)]
    skills = [_skill("reviewer", "acme", 2), _skill("empty", "", None)]

    async def ask(self, message: Any) -> Any:
        match message:
            case mcp.SearchMcpServers() | skill.SearchSkills() if message.filter_string == "nonsense = 1":
                raise InvalidParameterValue(f"Invalid attribute key '{HOSTILE}' specified.")
            case mcp.SearchMcpServers():
                return mcp.SearchMcpServers.Response(mcp_servers=[] if message.filter_string else self.servers, next_page_token="2")
            case mcp.GetMcpServer():
                return _found(each for each in self.servers if each.name == message.server)
            case mcp.SearchMcpServerVersions():
                return mcp.SearchMcpServerVersions.Response(mcp_server_versions=MCP_VERSIONS, next_page_token="3")
            case mcp.GetMcpServerVersion():
                return _found(each for each in MCP_VERSIONS if each.version == message.server_version)
            case mcp.GetMcpServerVersionByAlias():
                return _found(each for each in MCP_VERSIONS if message.alias in each.aliases)
            case skill.SearchSkills():
                return skill.SearchSkills.Response(skills=[] if message.filter_string else self.skills, next_page_token="2")
            case skill.GetSkill():
                return _found(each for each in self.skills if (each.organization, each.name) == (message.owner, message.skill))
            case skill.SearchSkillVersions():
                return skill.SearchSkillVersions.Response(skill_versions=SKILL_VERSIONS, next_page_token="3")
            case skill.GetSkillVersion():
                return _found(each for each in SKILL_VERSIONS if each.version == message.version)
            case skill.GetSkillVersionByAlias():
                return _found(each for each in SKILL_VERSIONS if message.alias in each.aliases)
        raise NotImplementedError(type(message))


def _found(each: Any) -> Any:
    for one in each:
        return one
    raise ResourceDoesNotExist(f"{HOSTILE} not found")


class MemorySkillFiles:
    """A text, a picture and a folder."""

    FILES = {"SKILL.md": f"# Review\n\n{HOSTILE}\n".encode(), "logo.svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>'}

    async def list(self, source: str, folder: str) -> Sequence[FileInfo]:
        if folder == "..":
            raise InvalidParameterValue("Invalid path")
        inside = f"{folder}/" if folder else ""
        files = [FileInfo(path=f"{inside}{name}", is_dir=False, file_size=len(content)) for name, content in self.FILES.items()]
        return [FileInfo(path=f"{inside}scripts", is_dir=True), *files, FileInfo(path=f"{inside}{HOSTILE}", is_dir=False, file_size=1)]

    async def head(self, source: str, path: str, limit: int) -> tuple[int, bytes]:
        content = self.FILES.get(path)
        if content is None:
            raise ResourceDoesNotExist(f"No such artifact: '{path}'")
        return len(content), content[:limit]

    def saved_at(self, source: str, path: str) -> str:
        return f"/static/0/{path}"
