"""Replace what was found. Pure."""

from collections.abc import Iterable, Sequence

from tracing.detection.types import Detector, Finding, Scan

__all__ = ("apart", "find", "masked", "scan")


def scan(detectors: Iterable[Detector], text: str, start: int = 0, *, final: bool) -> Scan:
    """The findings of all detectors that are decided, without overlaps, in order. Raises ``TextTooHard``."""
    scans = [detector.scan(text, start, final=final) for detector in detectors]
    undecided = min((each.undecided for each in scans), default=len(text))
    found = apart(finding for each in scans for finding in each.findings)
    # What is found may begin before that point and end behind it: then all of it waits.
    undecided = min([undecided, *(finding.start for finding in found if finding.end > undecided)])
    return Scan(tuple(finding for finding in found if finding.end <= undecided), undecided)


def find(detectors: Iterable[Detector], text: str) -> tuple[Finding, ...]:
    """Everything that is found in a whole text. Raises ``TextTooHard``."""
    return scan(detectors, text, final=True).findings


def apart(findings: Iterable[Finding]) -> list[Finding]:
    """Without overlaps: of two the one that begins first, of those the longer one."""
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda each: (each.start, -each.end)):
        if not kept or finding.start >= kept[-1].end:
            kept.append(finding)
    return kept


def masked(text: str, findings: Sequence[Finding]) -> str:
    """The text with ``[KIND]`` in place of each finding; they are in order and do not overlap."""
    pieces, at = [], 0
    for finding in findings:
        pieces += [text[at : finding.start], f"[{finding.kind}]"]
        at = finding.end
    return "".join([*pieces, text[at:]])
