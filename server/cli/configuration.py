"""``tidegate config check|convert|schema``, and the loading that other commands share."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from server.cli.errors import BadUsage
from server.cli.output import emit, json_option, message

if TYPE_CHECKING:
    from config import Loaded, Problem

__all__ = ("config_group", "config_option", "load")


def config_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The ``--config`` of every command that reads the file."""
    return click.option(
        "--config",
        "file",
        type=click.Path(dir_okay=False, path_type=Path),
        help="The YAML file.  [env: TIDEGATE_CONFIG; default: ./tidegate.yaml]",
    )(command)


def load(file: Path | None, arguments: Mapping[str, str] | None = None) -> "Loaded":
    """The configuration, with ``arguments`` (``server.port``) on top. Raises ``BadUsage`` with every problem found."""
    import config
    from server.judge_filters import check_filters

    try:
        return config.load_with_report(file, None, arguments, (check_filters,))
    except config.ConfigError as error:
        raise BadUsage(str(error).removeprefix("error: ")) from error


@click.group("config")
def config_group() -> None:
    """Check the configuration, and convert other gateways'."""


@config_group.command("check")
@config_option
@json_option
def check(file: Path | None, *, as_json: bool) -> int:
    """Say whether the configuration can be used, and everything that is wrong with it."""
    import config
    from server.judge_filters import check_filters

    try:
        loaded = config.load_with_report(file, further=(check_filters,))
    except config.ConfigError as error:
        if not as_json:
            raise BadUsage(str(error).removeprefix("error: ")) from error
        emit({"ok": False, "errors": list(map(_problem, error.problems)), "warnings": []})
        return BadUsage.exit_code
    if as_json:
        emit({"ok": True, "errors": [], "warnings": list(map(_problem, loaded.warnings))})
    else:
        _say(loaded)
    return 0


@config_group.command("convert")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def convert(file: Path) -> None:
    """Print FILE in our form.

    It may be MLflow's gateway YAML in any of its forms, a Databricks endpoint of external models, LiteLLM's configuration, or ours. A
    secret that is written out is printed as a reference.
    """
    import config
    from config.convert import convert as converting

    try:
        converted = converting(file)
    except config.ConfigError as error:
        raise BadUsage(str(error).removeprefix("error: ")) from error
    for warning in converted.warnings:
        message(warning.render("warning"))
    click.echo(converted.text, nl=False)


@config_group.command("schema")
def schema() -> None:
    """Print the JSON Schema of the file, for editors."""
    from config.docs import json_schema

    emit(json_schema())


def _say(loaded: "Loaded") -> None:
    for warning in loaded.warnings:
        message(warning.render("warning"))
    settings = loaded.settings
    counted = (
        (len(settings.providers), "provider"),
        (len(settings.routes), "route"),
        (len(settings.judges), "judge"),
        (len(loaded.warnings), "warning"),
    )
    told = ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counted)
    click.echo(f"{loaded.file or 'built-in defaults'}: ok ({told})")


def _problem(problem: "Problem") -> dict[str, Any]:
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "path": problem.path,
        "message": problem.message,
        "fix": problem.hint,
        "suggestion": problem.suggestion,
    }
