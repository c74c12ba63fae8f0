"""``tidegate bench``."""

from collections.abc import Callable
from inspect import signature
from pathlib import Path

import rich_click as click

from server.cli.errors import BadUsage
from server.cli.output import json_option

__all__ = ("bench",)


@click.command()
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True, help="How often each system is measured, in turns.")
@click.option("--seconds", type=click.IntRange(min=1), default=5, show_default=True, help="How long each measurement takes.")
@click.option(
    "--only", multiple=True, help="Measure systems with this in their name; may be given several times.  [default: all that are installed]"
)
@click.option("--install", is_flag=True, help="Install the peers first (those of --only, or all), each into an environment of its own.")
@click.option("--bodies", is_flag=True, help="Measure requests of 100 KB of text and with an image of 300 KB, too.")
@click.option(
    "--streams", is_flag=True, help="Measure when the first word of a stream is there, and whether every word of a thousand at once is."
)
@click.option("--artifacts", is_flag=True, help="Measure files of 10 MB, up and down, beside `mlflow server`.")
@click.option(
    "--registry", is_flag=True, help="Measure what MLflow's client asks for instead, beside `mlflow server`, over SQLite and PostgreSQL."
)
@click.option("--runs", type=click.IntRange(min=1), default=10_000, show_default=True, help="With --registry: runs to search among.")
@click.option(
    "--mlflow",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="With --registry: the program of an MLflow that is installed.  [default: that of --install]",
)
@json_option
def bench(
    rounds: int,
    seconds: int,
    only: tuple[str, ...],
    runs: int,
    mlflow: Path | None,
    *,
    install: bool,
    bodies: bool,
    streams: bool,
    artifacts: bool,
    registry: bool,
    as_json: bool,
) -> int:
    """Measure added latency, throughput, memory and start-up beside peers."""
    from bench import peers
    from bench.selection import UnknownSystem

    if install:
        peers.install(list(only))
    runner = _runner(bodies=bodies, artifacts=artifacts, streams=streams, registry=registry)
    given = {"rounds": rounds, "seconds": seconds, "runs": runs, "mlflow": mlflow, "only": list(only) or None, "as_json": as_json}
    try:
        return runner(**{name: value for name, value in given.items() if name in signature(runner).parameters})
    except UnknownSystem as error:
        raise BadUsage(str(error)) from None


def _runner(*, bodies: bool, artifacts: bool, streams: bool, registry: bool) -> Callable[..., int]:
    """The benchmark that the options ask for. Each takes only those options that mean something for it."""
    if registry:
        from bench.registry.run import run as run_registry

        return run_registry
    if streams:
        from bench.streams import run as run_streams

        return run_streams
    if artifacts:
        from bench.artifacts import run as run_files

        return run_files
    if bodies:
        from bench.bodies import run as run_bodies

        return run_bodies
    from bench.run import run as run_gateway

    return run_gateway
