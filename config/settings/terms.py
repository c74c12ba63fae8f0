"""What settings of several subjects are made of."""

from typing import Annotated

from msgspec import Meta

__all__ = ("Name", "Seconds", "Share")

Name = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_.-]+$", min_length=1, max_length=128, extra={"form": "1 to 128 letters, digits, '_', '.' or '-'"})
]
Seconds = Annotated[float, Meta(gt=0, le=31_536_000)]
"""At most a year: event loops have a largest time, and count no further."""

Share = Annotated[float, Meta(ge=0, le=1)]
