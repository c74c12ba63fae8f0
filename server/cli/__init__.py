"""The command line.

Data goes to stdout, messages to stderr. Exit codes: 0 done, 1 a check failed, 2 usage or configuration, 3 no server answers, 130 interrupted.
Command modules import click and our own types only; whatever is slow to import is imported by the command that needs it.
"""

import sys
from typing import NoReturn

import rich_click as click

from server.cli.bench import bench
from server.cli.budgets import budgets
from server.cli.cache import cache
from server.cli.configuration import config_group
from server.cli.demo import demo
from server.cli.doctor import doctor
from server.cli.errors import INTERRUPTED, CommandError
from server.cli.garbage import gc
from server.cli.importing import import_group
from server.cli.init import init
from server.cli.judge import judge
from server.cli.keys import keys
from server.cli.lineage import lineage
from server.cli.models import models
from server.cli.prompts import prompts
from server.cli.traces import traces
from server.cli.up import up
from server.cli.users import users
from server.cli.version import version

__all__ = ("cli", "main")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """One server for LLM traffic, traces, judges and prompts."""


for command in (
    up,
    demo,
    doctor,
    init,
    config_group,
    traces,
    prompts,
    models,
    lineage,
    judge,
    keys,
    users,
    budgets,
    cache,
    gc,
    import_group,
    bench,
    version,
):
    cli.add_command(command)


def main() -> NoReturn:
    """Run the command that the arguments name, and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run a command, print its error, if any, on stderr, and return its exit code."""
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
    return code if isinstance(code, int) else 0
