"""Which Tidegate this is, and which MLflow its clients may take it for."""

from importlib import metadata
from typing import Final

__all__ = ("MLFLOW_VERSION", "VERSION")

MLFLOW_VERSION: Final = "3.18.0"
"""The mlflow client sends spans over OTLP only to servers of 3.4 or newer (``GET /version``), so that is what it is told."""


def _installed() -> str:
    try:
        return metadata.version("tidegate")
    except metadata.PackageNotFoundError:
        return "0.1.0"


VERSION: Final = _installed()
