"""A process that journals under load until it is killed. Tells on stdout, line by line, what was acknowledged.

Arguments: directory, first number, start time of the spans (seconds). Each request opens, may end, and says so: ``o N`` after the
opening was taken, ``r N`` after the row was. A line that is cut short was perhaps not said whole, so only whole lines count.
"""

import os
import random
import sys
from pathlib import Path

import msgspec

from config.schema import JournalSettings
from storage.journal import Journal
from storage.records import Opening, Row


def row(number: int, second: str, status: str) -> bytes:
    """A row of ``spans``, with some ballast so that segments turn over."""
    span = {"trace_id": f"{number:032x}", "span_id": f"{number:016x}", "start_time": second, "end_time": second, "status": status}
    return msgspec.json.encode({**span, "name": "x" * random.randrange(1, 800)})


def main(directory: str, first: str, second: str) -> None:
    journal = Journal.open(Path(directory), JournalSettings(segment_bytes=64 * 1024))
    number = int(first)
    while True:
        key = number.to_bytes(24, "big")
        say(journal.append([Opening("spans", row(number, second, "INTERRUPTED"), key)]), f"o {number}\n")
        if random.random() < 0.9:
            content = msgspec.json.encode({"trace_id": f"{number:032x}", "span_id": f"{number:016x}", "start_time": second})
            say(journal.append([Row("spans", row(number, second, "OK"), key), Row("span_content", content, key)]), f"r {number}\n")
        number += 1


def say(taken: bool, line: str) -> None:
    if taken:
        os.write(1, line.encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
