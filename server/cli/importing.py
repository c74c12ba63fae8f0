"""``tidegate import mlflow``."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import rich_click as click

from server.cli.api import Api, with_api
from server.cli.errors import BadUsage
from server.cli.output import emit, json_option, message, plain, show, stderr_console, table

if TYPE_CHECKING:
    from registry.imports.files import Files
    from registry.imports.source import Source, Totals
    from server.cli.import_work import Report

__all__ = ("import_group",)


@click.group("import")
def import_group() -> None:
    """Copy everything that another server holds into this one."""


@import_group.command("mlflow")
@click.argument("source")
@click.argument("artifacts", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@json_option
@with_api
def mlflow(api: Api, source: str, artifacts: Path | None, *, as_json: bool) -> int:
    """Import experiments, runs, models, prompts and their files from MLflow.

    SOURCE is the URL of its database (sqlite:///mlflow.db, postgresql+psycopg://…) or of its server (http://…), or the directory of a file
    store (./mlruns). ARTIFACTS is the directory of its files, such as ./mlruns or ./mlartifacts; a server sends them itself, and a file
    store holds them. An import that was ended is started again and goes on.
    """
    from registry.imports.source import SourceRefused

    try:
        report = _import(api, source, artifacts)
    except SourceRefused as error:
        raise BadUsage(str(error), "See docs/import.md for what can be imported.") from error
    if as_json:
        emit(report)
    else:
        _show(report)
    return 0 if report.complete else 1


def _import(api: Api, url: str, artifacts: Path | None) -> "Report":
    import httpx

    from server.cli.import_target import Target
    from server.cli.import_work import Import

    api.text("/version")  # say that nobody answers before anything is read
    source, files = _open(url, artifacts)
    with httpx.Client(headers=api.headers, timeout=600, trust_env=False) as client, _progress(source.totals()) as step:
        return Import(source, files, Target(api, client), step).run()


def _open(url: str, artifacts: Path | None) -> "tuple[Source, Files]":
    if url.startswith(("http://", "https://")):
        if artifacts is not None:
            raise BadUsage("a server sends its files itself", "Leave ARTIFACTS out, or give the URL of its database.")
        from registry.imports.mlflow_server import MlflowServer

        server = MlflowServer.open(url)
        return server, server
    from registry.imports.files import LocalFiles

    if "://" not in url or url.startswith("file:"):
        from registry.imports.mlflow_files import MlflowFiles

        folder = Path(urlsplit(url).path if url.startswith("file:") else url)
        return MlflowFiles.open(folder), LocalFiles(artifacts or folder)
    from registry.imports.mlflow_store import MlflowDatabase

    return MlflowDatabase.open(url), LocalFiles(artifacts)


@contextmanager
def _progress(totals: "Totals") -> Iterator[Callable[[str, int], None]]:
    """A bar for each kind on a terminal, and silence elsewhere."""
    console = stderr_console()
    if not console.is_terminal:
        yield _say_nothing
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        bars = {kind: progress.add_task(kind.replace("_", " "), total=getattr(totals, kind)) for kind in totals.__struct_fields__}
        yield lambda kind, done: progress.advance(bars[kind], done) if kind in bars else None


def _say_nothing(kind: str, done: int) -> None:
    pass


def _show(report: "Report") -> None:
    made = table("", ("there", {"justify": "right"}), ("here", {"justify": "right"}), "")
    for kind, counted in report.counts.items():
        made.add_row(
            kind.replace("_", " "), f"{counted.source:,}", f"{counted.here:,}", "" if counted.here >= counted.source else "missing"
        )
    show(made)
    message(f"{report.files_sent:,} files were sent, {report.files_there_already:,} were there already.")
    if report.elsewhere:
        message(f"The files of {report.elsewhere:,} runs and models stay in the bucket where they are.")
    for place in report.missing[:10]:
        message(f"no such folder: {plain(place)}")
    if report.missing:
        message(f"The files of {len(report.missing):,} runs and models were not found; give the directory that they are in as ARTIFACTS.")
    for refused in report.refused:
        message(f"not taken: {plain(refused)}")
    if report.counts["webhooks"].here:
        message(
            "Webhooks that came are switched off and unsigned: their secrets are sealed there. Give each a new secret, then switch it on."
        )
    if not report.complete:
        message("Not everything is here: start the import again.")
