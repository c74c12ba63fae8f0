"""``tidegate users token create|list|revoke``."""

import rich_click as click

from server.cli.api import Api, path_of, with_api
from server.cli.keys import moment
from server.cli.output import emit, json_option, message, plain, show, table
from server.cli.text import utc

__all__ = ("token",)


@click.group()
def token() -> None:
    """Manage tokens, with which programs sign in as a user."""


@token.command("create")
@click.argument("user")
@click.argument("name")
@click.option("--expires", metavar="TIME", help="When it ends: 90d, 12h, or 2030-01-31T00:00:00Z. Default: never.")
@json_option
@with_api
def create(api: Api, user: str, name: str, expires: str | None, *, as_json: bool) -> None:
    """Make a token of USER called NAME and print it. It is shown this once."""
    from registry.access.types import NewToken

    made = api.post(path_of("users", user, "tokens"), {"name": name, "expires_at": moment(expires) if expires else None}, NewToken)
    if as_json:
        emit(made)
        return
    click.echo(made.token)
    message(f"The token {name!r} is shown this once; {made.about.prefix}… is how it is listed.")


@token.command("list")
@click.argument("user")
@json_option
@with_api
def list_tokens(api: Api, user: str, *, as_json: bool) -> None:
    """List the tokens of USER."""
    from registry.access.routes import TokenPage

    page = api.get(path_of("users", user, "tokens"), TokenPage)
    if as_json:
        emit(page)
        return
    made = table("name", "token", "made", "expires")
    for each in page.tokens:
        expires = utc(each.expires_at) if each.expires_at else "never"
        made.add_row(plain(each.name), f"{each.prefix}…", utc(each.created_at), expires)
    show(made)


@token.command("revoke")
@click.argument("user")
@click.argument("name")
@with_api
def revoke(api: Api, user: str, name: str) -> None:
    """Take the token NAME of USER back for good."""
    api.delete(path_of("users", user, "tokens", name))
    message(f"The token {name!r} of {user!r} is revoked.")
