"""``tidegate version``."""

import rich_click as click

from server.cli.output import emit, json_option

__all__ = ("version",)


@click.command()
@json_option
def version(*, as_json: bool) -> None:
    """Print the version."""
    import platform

    from server.version import VERSION

    if as_json:
        emit({"tidegate": VERSION, "python": platform.python_version(), "platform": platform.platform()})
    else:
        click.echo(f"tidegate {VERSION}")
