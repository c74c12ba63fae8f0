"""Settings of detection in texts: personal data, patterns and words, and where they must not stand."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

__all__ = ("DetectionSettings", "PiiKind")

PiiKind = Literal["email", "phone", "credit_card", "iban", "us_ssn", "ip_address"]
"""Personal data that has a form, and can be told by it."""

Word = Annotated[str, Meta(min_length=1, extra={"form": "one character or more", "scalar": True})]
Label = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$", extra={"form": "1 to 64 letters, digits, '_' or '-'"})]
Region = Annotated[str, Meta(pattern=r"^([A-Z]{2})?$", extra={"form": "a country's two letters, in capitals"})]


class DetectionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is looked for in texts. What is found is replaced by its kind in capitals: ``[EMAIL]``."""

    pii: tuple[PiiKind, ...] = ()
    """Personal data by its form: numbers count when their check digits are right. Names and addresses of people have no form."""

    phone_region: Region = ""
    """Where telephone numbers without a country's code are from (``US``). Default: only those that begin with ``+`` are found."""

    patterns: dict[Label, str] = {}
    """Regular expressions by name: ``order: "ORD-[0-9]{8}"`` is replaced by ``[ORDER]``."""

    words: tuple[Word, ...] = ()
    """Words and phrases, whole and in any case. Replaced by ``[WORD]``."""
