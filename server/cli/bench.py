"""``tidegate bench``."""

import rich_click as click

from server.cli.output import json_option

__all__ = ("bench",)


@click.command()
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True, help="How often each system is measured, in turns.")
@click.option("--seconds", type=click.FloatRange(min=0.5), default=5.0, show_default=True, help="How long each measurement takes.")
@click.option(
    "--only", multiple=True, help="Measure systems with this in their name; may be given several times.  [default: all that are installed]"
)
@click.option("--install", is_flag=True, help="Install the peers first (those of --only, or all), each into an environment of its own.")
@click.option("--artifacts", is_flag=True, help="Measure files of 10 MB, up and down, beside `mlflow server`.")
@json_option
def bench(rounds: int, seconds: float, only: tuple[str, ...], *, install: bool, artifacts: bool, as_json: bool) -> int:
    """Measure added latency, throughput, memory and start-up beside peers."""
    from bench import peers
    from bench.artifacts import run as run_files
    from bench.run import run as run_gateway

    if install:
        peers.install(list(only))
    return (run_files if artifacts else run_gateway)(rounds=rounds, seconds=seconds, only=list(only) or None, as_json=as_json)
