"""The wheel, as a user installs it: into an environment of its own, started from a directory full of names like ours."""

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.running import ROOT, RunningServer, free_port

PACKAGES = ("config", "storage", "tracing", "gateway", "registry", "evals", "server")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)], check=True, capture_output=True
    )
    return next(folder.glob("tidegate-*.whl"))


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory) -> Path:
    """The console script in a fresh environment that sees our dependencies but not our checkout."""
    home = tmp_path_factory.mktemp("venv")
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    site = Path(subprocess.check_output([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True).strip())
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", "--no-index", str(wheel)], check=True)
    return home / "bin" / "tidegate"


def test_the_wheel_puts_nothing_but_one_module_and_one_private_folder_beside_other_distributions(wheel: Path):
    top = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == {"tidegate.py", "_tidegate"}


def test_the_wheel_carries_what_the_packages_read_at_run_time(wheel: Path):
    names = set(zipfile.ZipFile(wheel).namelist())
    shipped = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {f"_tidegate/{name}" for name in shipped} <= names


def test_an_installed_server_starts_where_the_user_has_a_config_py_and_a_tracing_py(command: Path, tmp_path: Path):
    for name in ("config.py", "tracing.py", "server.py", "storage.py"):
        (tmp_path / name).write_text("raise RuntimeError('the user\\'s own module was imported')\n")
    (tmp_path / "tests").mkdir()
    log = tmp_path / "log"
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [command, "up", "--port", str(port), "--data", str(tmp_path / "data")], cwd=tmp_path, stdout=output, stderr=subprocess.STDOUT
        )
    server = RunningServer(process, port, tmp_path / "data", log)
    try:
        server.wait_ready(150)
        answer = server.client.post(
            "/v1/chat/completions", json={"model": "fake/echo", "messages": [{"role": "user", "content": "from a wheel"}]}
        )
        assert answer.json()["choices"][0]["message"]["content"] == "from a wheel"
    finally:
        assert server.stop() == 0
