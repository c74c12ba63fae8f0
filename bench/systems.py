"""The table of what is measured: the limits, Tidegate, and each peer that is installed."""

import sys
from pathlib import Path
from typing import Final

from bench.peers import FOLDER
from bench.types import System

__all__ = ("UPSTREAM", "UPSTREAM_PORT", "systems")

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent
UPSTREAM_PORT: Final = 9100
UPSTREAM: Final = f"http://127.0.0.1:{UPSTREAM_PORT}/v1"
BENCH_KEY: Final = "sk-bench-8f1c2a7d9e4b6035"


def systems(work: Path) -> list[System]:
    """List all systems; ``work`` holds what they write. Those whose ``needs`` is missing are left out, and the report says so."""
    return [
        System(name="direct", url=f"{UPSTREAM}/chat/completions"),
        _nginx(work),
        _tidegate(work),
        _tensorzero(),
        _portkey(),
        _mlflow(),
        _litellm(),
    ]


def _nginx(work: Path) -> System:
    return System(
        name="nginx as a proxy",
        command=("nginx", "-p", str(work), "-c", _setup("nginx_proxy.conf"), "-g", "daemon off;"),
        url="http://127.0.0.1:9101/v1/chat/completions",
    )


def _tidegate(work: Path) -> System:
    return System(
        name="tidegate (tracing on)",
        command=(
            *(sys.executable, str(ROOT / "tidegate.py"), "up"),
            *("--config", _setup("tidegate.yaml"), "--port", "9142", "--data", str(work / "tidegate")),
        ),
        environment={"TIDEGATE_BENCH_KEY": BENCH_KEY},
        url="http://127.0.0.1:9142/v1/chat/completions",
        ready_url="http://127.0.0.1:9142/ready",
        headers={"authorization": f"Bearer {BENCH_KEY}"},
        model="mock/mock-model",
    )


def _tensorzero() -> System:
    python = FOLDER / "tensorzero/bin/python"
    return System(
        name="tensorzero (Rust, tracing off)",
        command=(str(python), _setup("tensorzero_gateway.py"), _setup("tensorzero.toml")),
        environment={"MOCK_KEY": "sk-mock", "RUST_LOG": "warn"},
        url="{base}/chat/completions",
        model="tensorzero::model_name::mock",
        needs=python,
    )


def _portkey() -> System:
    server = FOLDER / "portkey/node_modules/@portkey-ai/gateway/build/start-server.js"
    return System(
        name="portkey",
        command=("node", str(server), "--headless", "--port=9187"),
        url="http://127.0.0.1:9187/v1/chat/completions",
        headers={"x-portkey-provider": "openai", "x-portkey-custom-host": UPSTREAM, "authorization": "Bearer sk-mock"},
        needs=server,
    )


def _mlflow() -> System:
    program = FOLDER / "mlflow/bin/mlflow"
    return System(
        name="mlflow gateway",
        command=(
            *(str(program), "gateway", "start", "--config-path", _setup("mlflow_gateway.yaml")),
            *("--host", "127.0.0.1", "--port", "9150", "--workers", "1"),
        ),
        environment={"OPENAI_API_KEY": "sk-mock", "PATH": f"{program.parent}:/usr/local/bin:/usr/bin:/bin"},
        url="http://127.0.0.1:9150/v1/chat/completions",
        model="chat-mock",
        needs=program,
    )


def _litellm() -> System:
    program = FOLDER / "litellm/bin/litellm"
    return System(
        name="litellm",
        command=(
            *(str(program), "--config", _setup("litellm.yaml")),
            *("--host", "127.0.0.1", "--port", "9140", "--num_workers", "1"),
        ),
        environment={"LITELLM_MASTER_KEY": BENCH_KEY, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"},
        url="http://127.0.0.1:9140/v1/chat/completions",
        headers={"authorization": f"Bearer {BENCH_KEY}"},
        model="gpt-mock",
        needs=program,
    )


def _setup(name: str) -> str:
    return str(HERE / "setups" / name)
