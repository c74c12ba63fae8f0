"""Install the peers, each into an environment of its own under ``.bench/``, never into ours."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

__all__ = ("FOLDER", "install")

FOLDER: Final = Path(__file__).resolve().parent.parent / ".bench"

PIP_PEERS: Final = {"litellm": ("litellm[proxy]",), "tensorzero": ("tensorzero",), "mlflow": ("mlflow[genai]", "psycopg2-binary")}

# Unpinned, Portkey takes a @hono/node-server with which every stream fails.
PORTKEY: Final = {"dependencies": {"@portkey-ai/gateway": "1.15.2"}, "overrides": {"@hono/node-server": "1.13.5", "hono": "4.9.7"}}


def install(names: list[str]) -> None:
    """Install the named peers (all when empty) and say what could not be installed; one that fails does not stop the others."""
    for name in names or [*PIP_PEERS, "portkey"]:
        print(f"installing {name} …", file=sys.stderr)
        try:
            _install_npm() if name == "portkey" else _install_pip(name)
        except (subprocess.CalledProcessError, OSError) as error:
            print(f"  {name} is not installed: {error}", file=sys.stderr)


def _install_pip(name: str) -> None:
    folder = FOLDER / name
    if not folder.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run([str(folder / "bin" / "pip"), "install", "-q", *PIP_PEERS[name]], check=True)


def _install_npm() -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise OSError("npm is not on this machine")
    folder = FOLDER / "portkey"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text(json.dumps(PORTKEY))
    subprocess.run([npm, "install", "--silent"], cwd=folder, check=True)
