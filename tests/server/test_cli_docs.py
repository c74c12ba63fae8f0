from pathlib import Path

import rich_click as click

from server.cli import cli

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "cli.md").read_text()


def commands(group: click.Group, prefix: str):
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}"


def test_every_command_is_documented():
    missing = [name for name in commands(cli, "tidegate") if f"`{name}" not in PAGE]
    assert missing == []
