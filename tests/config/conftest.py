from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from config import ConfigError, Loaded, load_with_report

Load = Callable[..., Loaded]


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Writes ./tidegate.yaml in a directory of the test's own, which is the working directory."""
    monkeypatch.chdir(tmp_path)

    def write(text: str) -> Path:
        Path("tidegate.yaml").write_text(dedent(text), encoding="utf-8")
        return Path("tidegate.yaml")

    return write


@pytest.fixture
def loaded(written: Callable[[str], Path]) -> Load:
    """Loads YAML text under an environment that holds nothing but what the test gives."""

    def load(text: str, environ: Mapping[str, str] | None = None) -> Loaded:
        return load_with_report(written(text), environ or {})

    return load


@pytest.fixture
def error_of(loaded: Load) -> Callable[..., ConfigError]:
    """The error that YAML text is refused with."""

    def refuse(text: str, environ: Mapping[str, str] | None = None) -> ConfigError:
        with pytest.raises(ConfigError) as caught:
            loaded(text, environ)
        return caught.value

    return refuse
