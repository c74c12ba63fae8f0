"""``tidegate init``: a commented configuration to start from."""

from pathlib import Path

import rich_click as click

from server.cli.errors import BadUsage
from server.cli.output import message
from server.cli.program import program

__all__ = ("init",)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), default="tidegate.yaml")
@click.option("--force", is_flag=True, help="Overwrite the file if there is one.")
def init(file: Path, *, force: bool) -> None:
    """Write a commented FILE, tidegate.yaml by default."""
    import config

    try:
        with file.open("w" if force else "x", encoding="utf-8") as target:
            target.write(config.example_text())
    except FileExistsError as error:
        raise BadUsage(f"{file} exists", "Name another file, or overwrite it with --force.") from error
    except OSError as error:
        raise BadUsage(
            f"{file} cannot be written: {error.strerror}", "Name a file in a directory that exists and may be written to."
        ) from error
    click.echo(file)
    message(f"Wrote {file}. Every line is explained there; `{program()} config check` checks it, `{program()} up` starts with it.")
