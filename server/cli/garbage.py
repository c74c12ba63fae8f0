"""``tidegate gc``."""

import re
from typing import Final

import rich_click as click

from registry.garbage.types import Collected
from server.cli.api import Api, path_of, with_api
from server.cli.errors import BadUsage
from server.cli.output import emit, json_option, message

__all__ = ("gc",)

UNITS: Final = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
COUNTED: Final = ("runs", "logged_models", "experiments", "traces", "points")


@click.command("gc")
@click.option(
    "--older-than", default="30d", show_default=True, help="Only what was deleted longer ago than this: 7d, 12h, 1d12h; 0d is all of it."
)
@click.option("--dry-run", is_flag=True, help="Say how much that is, and remove nothing.")
@json_option
@with_api
def gc(api: Api, older_than: str, *, dry_run: bool, as_json: bool) -> None:
    """Remove for good what was deleted: runs, logged models and experiments with their files, points and traces.

    It can be interrupted, and goes on the next time.
    """
    asked = {"older_than_seconds": str(_seconds(older_than)), "dry_run": "true" if dry_run else ""}
    collected = Collected()
    while True:
        collected += api.delete_counted(path_of("deleted"), Collected, asked)
        if not collected.more:
            break
        message(f"{_said(collected)} so far")
    if as_json:
        emit(collected)
        return
    click.echo(f"{_said(collected)} {'would be removed' if dry_run else 'removed'}")
    if collected.files_left:
        click.echo(f"of {collected.files_left} of them the files lie where this server does not reach; they are left")


def _said(collected: Collected) -> str:
    return ", ".join(f"{getattr(collected, name)} {name.replace('_', ' ')}" for name in COUNTED)


def _seconds(text: str) -> int:
    parts = re.findall(r"(\d+)([dhms])", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise BadUsage(f"--older-than {text!r} is no length of time", "Write it like 30d, 12h or 1d12h30m.")
    return sum(int(number) * UNITS[unit] for number, unit in parts)
