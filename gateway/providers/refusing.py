"""What a vendor has no API for."""

from gateway.errors import InvalidRequest
from gateway.types import Operation

__all__ = ("refuse",)


def refuse(vendor: str, operation: Operation) -> InvalidRequest:
    """The error that says so."""
    return InvalidRequest(f"{vendor} has no API for {operation.value!r}: ask a model of another provider.", param="model")
