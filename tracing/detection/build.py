"""Detectors of settings."""

from collections.abc import Iterator

import regex

from config.settings.detection import DetectionSettings
from tracing.detection.patterns import PatternDetector
from tracing.detection.pii import pii_detectors
from tracing.detection.types import Detector

__all__ = ("detectors_of",)


def detectors_of(settings: DetectionSettings) -> tuple[Detector, ...]:
    """One for each kind of personal data, each pattern, and one for all words."""
    return tuple(_detectors(settings))


def _detectors(settings: DetectionSettings) -> Iterator[Detector]:
    for kind in settings.pii:
        yield from pii_detectors(kind, settings.phone_region)
    for name, pattern in settings.patterns.items():
        yield PatternDetector(name.upper(), regex.compile(pattern))
    if settings.words:
        longest_first = sorted(settings.words, key=len, reverse=True)
        words = "|".join(regex.escape(word) for word in longest_first)
        yield PatternDetector("WORD", regex.compile(rf"(?<!\w)(?:{words})(?!\w)", regex.IGNORECASE))
