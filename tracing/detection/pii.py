"""Personal data that has a form: patterns find candidates, ``python-stdnum`` and ``phonenumbers`` say which of them are real.

Why these two and no language model is in docs/decisions/0007-personal-data.md. Names and addresses of people have no form, and are not found.
"""

import ipaddress
from collections.abc import Iterator
from functools import partial
from typing import Final

import regex

from tracing.detection.patterns import Confirm, PatternDetector
from tracing.detection.types import Detector

__all__ = ("pii_detectors",)

_EMAIL: Final = r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"
_PHONE: Final = r"(?<![\w+])(?:\+|\()?\d[\d ().\-/]{5,20}\d(?!\w)"
_CARD: Final = r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])"
_IBAN: Final = r"\b[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{1,4}){3,8}\b"
_SSN: Final = r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])"
# Two patterns, as each by itself tells by one character where it cannot begin.
_IPV4: Final = r"(?<![\w.:])(?:\d{1,3}\.){3}\d{1,3}(?![\w:])"
_IPV6: Final = r"(?<![\w.:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?:\.\d{1,3}){0,3}(?![\w:])"
_BEFORE_AT: Final = 64
"""Characters that a mailbox's name may have (RFC 5321, section 4.5.3.1.1)."""


def pii_detectors(kind: str, phone_region: str = "") -> tuple[Detector, ...]:
    """The detectors of one kind. ``phone_region`` (``US``) is where numbers without a country's code are from."""
    patterns, confirm, sign = _KINDS[kind]
    if kind == "phone":
        confirm = partial(_phones, region=phone_region or None)
    return tuple(PatternDetector(kind.upper(), regex.compile(pattern), confirm, sign) for pattern in patterns)


def _phones(candidate: str, region: str | None) -> Iterator[tuple[int, int]]:
    # Imported when first needed: the numbering plans of the world are some megabytes.
    from phonenumbers import PhoneNumberMatcher

    for match in PhoneNumberMatcher(candidate, region):
        yield match.start, match.end


def _cards(candidate: str) -> Iterator[tuple[int, int]]:
    from stdnum import luhn

    digits = candidate.replace(" ", "").replace("-", "")
    if digits.strip("0") and luhn.is_valid(digits):
        yield 0, len(candidate)


def _ibans(candidate: str) -> Iterator[tuple[int, int]]:
    """The longest beginning that is one: words in capitals may follow."""
    from stdnum import iban

    end = len(candidate)
    while end > 0:
        if iban.is_valid(candidate[:end]):
            yield 0, end
            return
        end = candidate.rfind(" ", 0, end)


def _ssns(candidate: str) -> Iterator[tuple[int, int]]:
    from stdnum.us import ssn

    if ssn.is_valid(candidate):
        yield 0, len(candidate)


def _addresses(candidate: str) -> Iterator[tuple[int, int]]:
    try:
        ipaddress.ip_address(candidate)
    except ValueError:
        return
    yield 0, len(candidate)


_KINDS: Final[dict[str, tuple[tuple[str, ...], Confirm | None, tuple[str, int] | None]]] = {
    "email": ((_EMAIL,), None, ("@", _BEFORE_AT)),
    "phone": ((_PHONE,), None, None),
    "credit_card": ((_CARD,), _cards, None),
    "iban": ((_IBAN,), _ibans, None),
    "us_ssn": ((_SSN,), _ssns, None),
    "ip_address": ((_IPV4, _IPV6), _addresses, None),
}
