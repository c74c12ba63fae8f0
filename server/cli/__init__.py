"""The command line. Data goes to stdout, messages to stderr; exit codes are 0 done, 1 a check failed, 2 usage or configuration,
3 no server answers, 130 interrupted.

Command modules import click and our own types only; whatever is slow to import is imported by the command that needs it.
"""

import sys
from typing import NoReturn

import rich_click as click

from server.cli.errors import INTERRUPTED, CommandError
from server.cli.prompts import prompts
from server.cli.traces import traces
from server.cli.version import installed_version, version

__all__ = ("cli", "main", "run")
