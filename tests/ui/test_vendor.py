import hashlib
import tomllib
from pathlib import Path

import pytest

UI = Path(__file__).parents[2] / "server" / "ui"
VENDORED = tomllib.loads((UI / "vendor.toml").read_text())


@pytest.mark.parametrize("name", VENDORED)
def test_vendored_code_is_what_was_published_and_has_its_licence(name):
    entry = VENDORED[name]
    folder = UI / "static" / "vendor"
    assert hashlib.sha256((folder / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]
    assert (folder / entry["licence_file"]).read_text().strip()


def test_no_file_is_vendored_without_an_entry():
    known = {entry[key] for entry in VENDORED.values() for key in ("file", "licence_file")}
    assert {file.name for file in (UI / "static" / "vendor").iterdir()} == known
