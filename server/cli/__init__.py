"""The command line.

Data goes to stdout, messages to stderr. Exit codes: 0 done, 1 a check failed, 2 usage or configuration, 3 no server answers, 130 interrupted.
Command modules import click and our own types only; whatever is slow to import is imported by the command that needs it.
"""

import gc as collector
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Final, NoReturn

import rich_click as click
from typing_extensions import override

from server.cli.errors import INTERRUPTED, CommandError

__all__ = ("cli", "main")

COMMANDS: Final[Mapping[str, str]] = {
    "up": "server.cli.up:up",
    "demo": "server.cli.demo:demo",
    "doctor": "server.cli.doctor:doctor",
    "init": "server.cli.init:init",
    "config": "server.cli.configuration:config_group",
    "traces": "server.cli.traces:traces",
    "prompts": "server.cli.prompts:prompts",
    "models": "server.cli.models:models",
    "lineage": "server.cli.lineage:lineage",
    "judge": "server.cli.judge:judge",
    "keys": "server.cli.keys:keys",
    "users": "server.cli.users:users",
    "budgets": "server.cli.budgets:budgets",
    "cache": "server.cli.cache:cache",
    "gc": "server.cli.garbage:gc",
    "import": "server.cli.importing:import_group",
    "bench": "server.cli.bench:bench",
    "version": "server.cli.version:version",
}
"""Each command's module, and its name there."""


class Commands(click.RichGroup):
    """Commands that are imported when they are asked for: a server starts without those that it is not."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)  # noqa: S101 - the table says so
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """One server for LLM traffic, traces, judges and prompts."""


def main() -> NoReturn:
    """Run the command that the arguments name, and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run a command, print its error, if any, on stderr, and return its exit code."""
    collector.enable()
    try:
        code = cli.main(arguments, prog_name="tidegate", standalone_mode=False)
    except CommandError as error:
        error.show()
        return error.exit_code
    except click.UsageError as error:
        click.echo(f"error: {error.format_message()}", err=True)
        click.echo(f"  fix: see `{error.ctx.command_path if error.ctx else 'tidegate'} --help`", err=True)
        return error.exit_code
    except click.ClickException as error:
        click.echo(f"error: {error.format_message()}", err=True)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    finally:
        collector.enable()  # a server that was refused is no longer being loaded
    return code if isinstance(code, int) else 0
