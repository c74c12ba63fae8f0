"""``make soak``: for ``--seconds`` at ``--rate`` requests a second, or so many ``--streams`` at once.

What was found is printed, and exit code 1 says that something was.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

import httpx

from tests.soak.rig import Soak, account, authorised, soaking, weighed

CALM_SECONDS = 12.0
"""After which no shadow and no stream that a vendor goes on with is under way."""


def told(soak: Soak) -> None:
    every = max(1, len(soak.weights) // 20)
    print("seconds  server MB  store MB  files  tasks")
    for weight in soak.weights[::every]:
        print(f"{weight.at - soak.weights[0].at:7.0f}  {weight.server_mb:9}  {weight.store_mb:8}  {weight.files:5}  {weight.tasks:5}")
    for outcome, count in soak.outcomes().most_common():
        print(f"{count:7}  {outcome}")


async def soak_for(seconds: float, rate: float, home: Path) -> int:
    async with soaking(home) as soak:
        async with httpx.AsyncClient(base_url=soak.server.url, headers=authorised(), timeout=30) as client:
            before = await weighed(soak.server, client)
        await soak.run(seconds, rate)
        await asyncio.sleep(CALM_SECONDS)
        async with httpx.AsyncClient(base_url=soak.server.url, headers=authorised(), timeout=30) as client:
            after = await weighed(soak.server, client)
        found = await account(soak)
        told(soak)
        print(f"{len(soak.told)} requests; before: {before}; after: {after}")
        print("\n".join(found[:100]) or "every request is accounted for")
        print(f"{len(found)} differences; log: {soak.server.log}")
    return 1 if found else 0


async def streams_at_once(count: int, home: Path) -> int:
    async with soaking(home) as soak, httpx.AsyncClient(base_url=soak.server.url, headers=authorised(), timeout=30) as client:
        before = await weighed(soak.server, client)
        whole = await soak.streams(count)
        print(f"{whole} of {count} streams came whole; before: {before}; after: {await weighed(soak.server, client)}")
    return 0 if whole == count else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--streams", type=int, default=0)
    parser.add_argument("--home", type=Path, default=None)
    options = parser.parse_args()
    home = options.home or Path(tempfile.mkdtemp(prefix="tidegate-soak-"))
    home.mkdir(parents=True, exist_ok=True)
    if options.streams:
        return asyncio.run(streams_at_once(options.streams, home))
    return asyncio.run(soak_for(options.seconds, options.rate, home))


sys.exit(main())
