"""``tidegate models list|show|alias|stage|history``."""

import rich_click as click

from registry.models.types import ACTIVE_STAGES, STAGES, ModelDetail, ModelPage, ModelVersion
from server.cli.aliases import point
from server.cli.api import Api, in_workspace, path_of, with_api
from server.cli.moves import REASON_HELP, show_moves
from server.cli.output import emit, json_option, message, plain, show, table
from server.cli.text import utc

__all__ = ("models",)


@click.group()
def models() -> None:
    """Look at registered models, and move what points at their versions."""


@models.command("list")
@click.option("--filter", "expression", default="", help="In MLflow's language: name LIKE 'rank%' AND tags.team = 'search'.")
@json_option
@with_api
@in_workspace
def list_models(api: Api, expression: str, *, as_json: bool) -> None:
    """List models with their newest version, aliases and stages."""
    page = _all(api, expression)
    if as_json:
        emit(page)
        return
    if not page.models:
        message(
            "No model is like that."
            if expression
            else "No model is registered yet. MLflow's client registers one: `mlflow.register_model`."
        )
        return
    made = table("name", ("latest", {"justify": "right"}), "aliases", "stages", "updated")
    for each in page.models:
        latest = max((version.version for version in each.latest_versions), default=None)
        aliases = ", ".join(f"{alias} → {version}" for alias, version in each.aliases.items())
        stages = ", ".join(f"{version.stage} {version.version}" for version in each.latest_versions if version.stage in ACTIVE_STAGES)
        updated = utc(each.updated_at)
        made.add_row(plain(each.name), "—" if latest is None else str(latest), plain(aliases), stages, updated)
    show(made)


@models.command("show")
@click.argument("name")
@json_option
@with_api
@in_workspace
def show_model(api: Api, name: str, *, as_json: bool) -> None:
    """Show NAME and its newest versions."""
    found = api.get(path_of("models", name), ModelDetail)
    if as_json:
        emit(found)
        return
    message("  ".join(fact for fact in (found.model.name, found.model.description) if fact))
    made = table(("version", {"justify": "right"}), "stage", "aliases", "run", "source", "created")
    for each in found.versions:
        foreign = [plain(text) for text in (", ".join(each.aliases), each.run_id, each.source)]
        made.add_row(str(each.version), each.stage, *foreign, utc(each.created_at))
    show(made)


@models.command("alias")
@click.argument("name")
@click.argument("alias")
@click.argument("version", type=int, required=False)
@click.option("--delete", is_flag=True, help="Remove the alias; its version stays.")
@click.option("--reason", default="", help=REASON_HELP)
@with_api
@in_workspace
def alias(api: Api, name: str, alias: str, version: int | None, reason: str, *, delete: bool) -> None:
    """Point ALIAS of model NAME at VERSION."""
    point(api, "models", name, alias, version, reason, ModelVersion, delete=delete)


@models.command("stage")
@click.argument("name")
@click.argument("version", type=int)
@click.argument("stage", type=click.Choice(STAGES, case_sensitive=False))
@click.option("--archive", is_flag=True, help="Move what is in that stage to Archived.")
@click.option("--reason", default="", help=REASON_HELP)
@with_api
@in_workspace
def stage(api: Api, name: str, version: int, stage: str, reason: str, *, archive: bool) -> None:
    """Move VERSION of model NAME to STAGE."""
    body = {"stage": stage, "archive_existing_versions": archive, "reason": reason}
    moved = api.put(path_of("models", name, "versions", str(version), "stage"), body, ModelVersion)
    message(f"Version {moved.version} of {moved.name} is in stage {moved.stage}.")


@models.command("history")
@click.argument("name", required=False)
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="How many, newest first.")
@json_option
@with_api
@in_workspace
def history(api: Api, name: str | None, limit: int, *, as_json: bool) -> None:
    """Show every move of an alias or a stage of NAME, or of all names: who, when, why, and what was refused."""
    show_moves(api, name, limit, as_json=as_json)


def _all(api: Api, expression: str) -> ModelPage:
    page = api.get(path_of("models"), ModelPage, {"filter": expression, "limit": 1000})
    found = page.models
    while page.next_cursor is not None:
        page = api.get(path_of("models"), ModelPage, {"filter": expression, "limit": 1000, "cursor": page.next_cursor})
        found += page.models
    return ModelPage(models=found)
