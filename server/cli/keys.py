"""``tidegate keys create|list|disable|enable|revoke``."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import rich_click as click

from server.cli.api import Api, path_of, with_api
from server.cli.errors import BadUsage
from server.cli.output import emit, json_option, message, plain, show, table
from server.cli.text import utc

if TYPE_CHECKING:
    from config.schema import LimitSettings

__all__ = ("keys", "moment")

UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@click.group()
def keys() -> None:
    """Manage virtual keys, which open the gateway alone."""


@keys.command("create")
@click.argument("name")
@click.option("--team", default="", help="Team that the key's requests belong to.")
@click.option("--user", default="", help="User that the key acts for.")
@click.option("--route", "routes", multiple=True, help="Route that it opens; may be given several times. Default: all.")
@click.option("--model", "models", multiple=True, help="provider/model that it opens, with * for anything; may be given several times.")
@click.option("--expires", metavar="TIME", help="When it ends: 90d, 12h, or 2030-01-31T00:00:00Z. Default: never.")
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="WHAT=N/WINDOW",
    help="Ceiling for this key: requests=60/minute, tokens=1000000/day, cost=50/month (US dollars); may be given several times.",
)
@json_option
@with_api
def create(
    api: Api,
    name: str,
    team: str,
    user: str,
    routes: tuple[str, ...],
    models: tuple[str, ...],
    expires: str | None,
    limits: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """Make a key called NAME and print it. It is shown this once."""
    from gateway.keys.types import CreatedKey, NewKey

    new = NewKey(
        name=name,
        team=team,
        user=user,
        routes=routes,
        models=models,
        limits=tuple(map(_limit, limits)),
        expires_at=moment(expires) if expires else None,
    )
    made = api.post(path_of("keys"), new, CreatedKey)
    if as_json:
        emit(made)
        return
    click.echo(made.key)
    message(f"The key {made.about.name!r} is shown this once; {made.about.prefix}… is how it is listed.")


@keys.command("list")
@json_option
@with_api
def list_keys(api: Api, *, as_json: bool) -> None:
    """List keys: what each opens, and whether it does."""
    from gateway.keys.types import KeyPage

    page = api.get(path_of("keys"), KeyPage)
    if as_json:
        emit(page)
        return
    if not page.keys:
        message("No key was made yet. `tidegate keys create NAME` makes one.")
        return
    now = datetime.now(UTC)
    made = table("name", "key", "state", "team", "user", "opens", "expires")
    for key in page.keys:
        opens = ", ".join((*key.routes, *key.models)) or "everything"
        expires = utc(key.expires_at) if key.expires_at else ""
        made.add_row(plain(key.name), f"{key.prefix}…", key.state(now), plain(key.team), plain(key.user), plain(opens), expires)
    show(made)


@keys.command("disable")
@click.argument("name")
@with_api
def disable(api: Api, name: str) -> None:
    """Switch a key off until it is enabled again. NAME may be its id."""
    from gateway.keys.types import VirtualKey

    api.patch(path_of("keys", name), {"disabled": True}, VirtualKey)
    message(f"The key {name!r} opens nothing now; `tidegate keys enable {name}` switches it on again.")


@keys.command("enable")
@click.argument("name")
@with_api
def enable(api: Api, name: str) -> None:
    """Switch a key on again."""
    from gateway.keys.types import VirtualKey

    api.patch(path_of("keys", name), {"disabled": False}, VirtualKey)
    message(f"The key {name!r} is on.")


@keys.command("revoke")
@click.argument("name")
@with_api
def revoke(api: Api, name: str) -> None:
    """Take a key back for good. NAME may be its id; the name is free again."""
    api.delete(path_of("keys", name))
    message(f"The key {name!r} is revoked.")


def moment(written: str) -> datetime:
    """When something ends: ``90d``, ``12h``, or a time. Raises ``BadUsage``."""
    number, unit = written[:-1], written[-1:]
    if number.isdigit() and unit in UNITS:
        return datetime.now(UTC) + timedelta(**{UNITS[unit]: int(number)})
    try:
        return datetime.fromisoformat(written).astimezone(UTC)
    except ValueError as error:
        raise BadUsage(f"{written!r} is not a time", "Write --expires 90d, or 2030-01-31T00:00:00Z.") from error


def _limit(written: str) -> "LimitSettings":
    from config.schema import LimitSettings

    what, _, rest = written.partition("=")
    number, _, window = rest.partition("/")
    try:
        return msgspec.convert({what: float(number) if what == "cost" else int(number), "window": window}, LimitSettings)
    except (ValueError, msgspec.ValidationError) as error:
        raise BadUsage(f"{written!r} is not a limit", "Write --limit requests=60/minute, tokens=1000000/day or cost=50/month.") from error
