"""``tidegate prompts push|list|show|alias|history``."""

import sys
from pathlib import Path

import msgspec
import rich_click as click

from registry.prompts.types import LATEST, Message, NewVersion, PromptPage, PromptVersion
from server.cli.aliases import point
from server.cli.api import Api, in_workspace, path_of, with_api
from server.cli.errors import BadUsage
from server.cli.moves import REASON_HELP, show_moves
from server.cli.output import emit, json_option, message, plain, show, table
from server.cli.text import utc

__all__ = ("prompts",)


@click.group()
def prompts() -> None:
    """Register prompts and look at them."""


@prompts.command("push")
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--alias", "aliases", multiple=True, help="Point this alias at the new version; may be given several times.")
@click.option("-m", "--message", "commit_message", default="", help="What changed, and why.")
@click.option("--tag", "tags", multiple=True, metavar="KEY=VALUE", help="Tag of the version; may be given several times.")
@click.option("--model", help="Model or route that is meant to answer it.")
@json_option
@with_api
@in_workspace
def push(
    api: Api,
    name: str,
    file: Path,
    aliases: tuple[str, ...],
    commit_message: str,
    tags: tuple[str, ...],
    model: str | None,
    *,
    as_json: bool,
) -> None:
    """Register FILE as the next version of NAME.

    A file that ends in .json holds chat messages, any other is text; - is stdin, as text.
    """
    template, messages = _read(file)
    new = NewVersion(
        name=name,
        template=template,
        messages=messages,
        aliases=list(aliases),
        commit_message=commit_message,
        tags=dict(map(_tag, tags)),
        model=model,
    )
    made = api.post(path_of("prompts"), msgspec.structs.asdict(new), PromptVersion)
    if as_json:
        emit(made)
    else:
        click.echo(f"{made.name} {made.version}")
        message(f'Registered version {made.version} of {made.name}. Use it: model="prompts:/{made.name}/{made.version}"')


@prompts.command("list")
@json_option
@with_api
@in_workspace
def list_prompts(api: Api, *, as_json: bool) -> None:
    """List prompts with their newest version and aliases."""
    page = _all(api)
    if as_json:
        emit(page)
        return
    if not page.prompts:
        message("No prompt is registered yet. `tidegate prompts push NAME FILE` registers one.")
        return
    made = table("name", ("latest", {"justify": "right"}), "aliases", "updated")
    for each in page.prompts:
        aliases = ", ".join(f"{alias} → {version}" for alias, version in each.aliases.items())
        made.add_row(plain(each.name), str(each.latest_version), plain(aliases), utc(each.updated_at))
    show(made)


@prompts.command("show")
@click.argument("name")
@click.argument("version", default=LATEST)
@json_option
@with_api
@in_workspace
def show_prompt(api: Api, name: str, version: str, *, as_json: bool) -> None:
    """Show VERSION (a number, an alias, or latest) of NAME.

    Its text goes to stdout as it is, what is known about it to stderr.
    """
    found = api.get(path_of("prompts", name, "versions", version), PromptVersion)
    if as_json:
        emit(found)
        return
    facts = [f"{found.name} {found.version}", *found.aliases, f"variables: {', '.join(found.variables) or 'none'}", found.commit_message]
    message("  ".join(fact for fact in facts if fact))
    click.echo(found.template if found.messages is None else msgspec.json.format(msgspec.json.encode(found.messages), indent=2))


@prompts.command("alias")
@click.argument("name")
@click.argument("alias")
@click.argument("version", type=int, required=False)
@click.option("--delete", is_flag=True, help="Remove the alias; its version stays.")
@click.option("--reason", default="", help=REASON_HELP)
@with_api
@in_workspace
def alias(api: Api, name: str, alias: str, version: int | None, reason: str, *, delete: bool) -> None:
    """Point ALIAS of prompt NAME at VERSION."""
    point(api, "prompts", name, alias, version, reason, PromptVersion, delete=delete)


@prompts.command("history")
@click.argument("name", required=False)
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="How many, newest first.")
@json_option
@with_api
@in_workspace
def history(api: Api, name: str | None, limit: int, *, as_json: bool) -> None:
    """Show every move of an alias of NAME, or of all names: who, when, why, and what was refused."""
    show_moves(api, name, limit, as_json=as_json)


def _read(file: Path) -> tuple[str | None, list[Message] | None]:
    """Text or messages, the other ``None``."""
    if str(file) == "-":
        return sys.stdin.read(), None
    try:
        if file.suffix == ".json":
            return None, msgspec.json.decode(file.read_bytes(), type=list[Message])
        return file.read_text(encoding="utf-8"), None
    except msgspec.DecodeError as error:
        raise BadUsage(f"{file} does not hold chat messages: {error}", 'It should read [{"role": "user", "content": "…"}].') from error
    except UnicodeDecodeError as error:
        raise BadUsage(f"{file} is not UTF-8 text: {error}") from error


def _tag(written: str) -> tuple[str, str]:
    key, equals, value = written.partition("=")
    if not (key and equals):
        raise BadUsage(f"the tag {written!r} has no key or no value", "Write --tag team=support.")
    return key, value


def _all(api: Api) -> PromptPage:
    page = api.get(path_of("prompts"), PromptPage, {"limit": 1000})
    found = page.prompts
    while page.next_cursor is not None:
        page = api.get(path_of("prompts"), PromptPage, {"limit": 1000, "cursor": page.next_cursor})
        found += page.prompts
    return PromptPage(prompts=found)
