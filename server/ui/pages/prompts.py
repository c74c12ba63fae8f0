"""``/prompts``: registered prompts, their versions, and what changed between two of them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath

from registry.prompts.errors import PromptNotFound
from registry.prompts.types import PromptVersion
from server.ui.diff import side_by_side
from server.ui.pages.page import Services, base_url, page
from server.ui.version_scores import scores_by_version

__all__ = ("chosen_version", "prompt", "prompts")


@get("/prompts")
async def prompts(request: Request[Any, Any, Any], services: Services) -> Response[str]:
    """The list."""
    found = await services.prompts.list(100, request.query_params.get("cursor", ""))
    return page(
        services,
        "prompts.html",
        title="Prompts",
        section="prompts",
        found=found,
        base_url=base_url(request, services.settings()),
        now=datetime.now(UTC),
    )


@get("/prompts/{name:str}")
async def prompt(name: FromPath[str], request: Request[Any, Any, Any], services: Services) -> Response[str]:
    """One version, compared with ``base`` when the address names one."""
    versions = await services.prompts.versions(name)
    shown = chosen_version(name, versions, request.query_params.get("v")) or versions[0]
    base = chosen_version(name, versions, request.query_params.get("base"))
    return page(
        services,
        "prompt.html",
        title=name,
        section="prompts",
        versions=versions,
        shown=shown,
        base=base,
        rows=side_by_side(plain(base), plain(shown)) if base else [],
        table=scores_by_version([version.version for version in versions], await services.figures.prompt_scores(name)),
        moves=(await services.registry.moves.log(name, limit=50)).moves,
        snippet=snippet(shown, base_url(request, services.settings())),
        now=datetime.now(UTC),
    )


def snippet(version: PromptVersion, address: str) -> str:
    """Python that sends a version: by alias where one points at it, since aliases are what apps should name."""
    selector = version.aliases[0] if version.aliases else str(version.version)
    variables = ", ".join(f'"{name}": "…"' for name in version.variables)
    return (
        f'client = OpenAI(base_url="{address}/v1")\n'
        f'client.chat.completions.create(\n    model="prompts:/{version.name}@{selector}",\n    messages=[],\n'
        f'    extra_body={{"prompt_variables": {{{variables}}}}},\n)'
    )


def plain(version: PromptVersion) -> str:
    """A version as one text: what is compared."""
    if version.messages is None:
        return version.template or ""
    return "\n\n".join(f"[{message.role}]\n{_content(message.content or message.tool_calls or [])}" for message in version.messages)


def _content(content: str | list[dict[str, Any]]) -> str:
    return content if isinstance(content, str) else msgspec.json.format(msgspec.json.encode(content), indent=2).decode()


def chosen_version(name: str, versions: Sequence[PromptVersion], wanted: str | None) -> PromptVersion | None:
    """The version that a parameter names, by number or alias; ``None`` when it names none."""
    if not wanted:
        return None
    for version in versions:
        if wanted == str(version.version) or wanted in version.aliases:
            return version
    raise PromptNotFound(f"prompt {name!r} has no version {wanted!r}", hint=f"It has versions 1 to {versions[0].version}.")
