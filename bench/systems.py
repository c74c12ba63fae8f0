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
        System(
            name="nginx as a proxy",
            command=("nginx", "-p", str(work), "-c", str(HERE / "setups" / "nginx_proxy.conf"), "-g", "daemon off;"),
            url="http://127.0.0.1:9101/v1/chat/completions",
        ),
        System(
            name="tidegate (tracing on)",
            command=(
                sys.executable,
                str(ROOT / "tidegate.py"),
                "up",
                "--config",
                str(HERE / "setups" / "tidegate.yaml"),
                "--port",
                "9142",
                "--data",
                str(work / "tidegate"),
            ),
            environment={"TIDEGATE_BENCH_KEY": BENCH_KEY},
            url="http://127.0.0.1:9142/v1/chat/completions",
            ready_url="http://127.0.0.1:9142/ready",
            headers={"authorization": f"Bearer {BENCH_KEY}"},
            model="mock/mock-model",
        ),
        System(
            name="tensorzero (Rust, tracing off)",
            command=(
                str(FOLDER / "tensorzero/bin/python"),
                str(HERE / "setups" / "tensorzero_gateway.py"),
                str(HERE / "setups" / "tensorzero.toml"),
            ),
            environment={"MOCK_KEY": "sk-mock", "RUST_LOG": "warn"},
            url="{base}/chat/completions",
            model="tensorzero::model_name::mock",
            needs=FOLDER / "tensorzero/bin/python",
        ),
        System(
            name="portkey",
            command=("node", str(FOLDER / "portkey/node_modules/@portkey-ai/gateway/build/start-server.js"), "--headless", "--port=9187"),
            url="http://127.0.0.1:9187/v1/chat/completions",
            headers={"x-portkey-provider": "openai", "x-portkey-custom-host": UPSTREAM, "authorization": "Bearer sk-mock"},
            needs=FOLDER / "portkey/node_modules/@portkey-ai/gateway/build/start-server.js",
        ),
        System(
            name="mlflow gateway",
            command=(
                str(FOLDER / "mlflow/bin/mlflow"),
                "gateway",
                "start",
                "--config-path",
                str(HERE / "setups" / "mlflow_gateway.yaml"),
                "--host",
                "127.0.0.1",
                "--port",
                "9150",
                "--workers",
                "1",
            ),
            environment={"OPENAI_API_KEY": "sk-mock", "PATH": f"{FOLDER / 'mlflow/bin'}:/usr/local/bin:/usr/bin:/bin"},
            url="http://127.0.0.1:9150/v1/chat/completions",
            model="chat-mock",
            needs=FOLDER / "mlflow/bin/mlflow",
        ),
        System(
            name="litellm",
            command=(
                str(FOLDER / "litellm/bin/litellm"),
                "--config",
                str(HERE / "setups" / "litellm.yaml"),
                "--host",
                "127.0.0.1",
                "--port",
                "9140",
                "--num_workers",
                "1",
            ),
            environment={"LITELLM_MASTER_KEY": BENCH_KEY, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"},
            url="http://127.0.0.1:9140/v1/chat/completions",
            headers={"authorization": f"Bearer {BENCH_KEY}"},
            model="gpt-mock",
            needs=FOLDER / "litellm/bin/litellm",
        ),
    ]
