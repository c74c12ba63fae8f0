"""What must not be kept is replaced, wherever it stands; what must stay stays."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings.detection import DetectionSettings
from tracing.detection.build import detectors_of
from tracing.detection.masking import find, masked, scan
from tracing.redaction import WITHHELD, Redactor
from tracing.types import Span, SpanEvent

EVERYTHING = DetectionSettings(
    pii=("email", "phone", "credit_card", "iban", "us_ssn", "ip_address"),
    phone_region="US",
    patterns={"order": r"ORD-\d{4,8}"},
    words=("project tide", "Kraken"),
)
DETECTORS = detectors_of(EVERYTHING)


def replaced(text: str) -> str:
    return masked(text, find(DETECTORS, text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to ann.b+c@mail.example.org.", "write to [EMAIL]."),
        ("call +1 650-253-0000 or (650) 253-0001", "call [PHONE] or [PHONE]"),
        ("card 4111 1111 1111 1111, not 4111 1111 1111 1112", "card [CREDIT_CARD], not 4111 1111 1111 1112"),
        ("to DE89 3704 0044 0532 0130 00 PLEASE", "to [IBAN] PLEASE"),
        ("my number is 536-90-4399", "my number is [US_SSN]"),
        ("from 192.168.0.17 and 2001:db8::1 at 12:30:45, v1.2.3", "from [IP_ADDRESS] and [IP_ADDRESS] at 12:30:45, v1.2.3"),
        ("ORD-123456 of Project Tide and the krakens, KRAKEN", "[ORDER] of [WORD] and the krakens, [WORD]"),
        ("year 2026, 42 of 100, pi 3.14159265358979", "year 2026, 42 of 100, pi 3.14159265358979"),
    ],
)
def test_personal_data_is_found_by_its_form_and_its_check_digits(text, expected):
    assert replaced(text) == expected


SPOKEN = st.lists(
    st.sampled_from(["ann@b.org", "ORD-1234", "ORD-12", "Kraken", "kra", " and ", "@", "4111111111111111", "-5", ", "]), max_size=8
)


@given(SPOKEN, st.lists(st.integers(1, 7), min_size=1, max_size=30))
def test_a_text_in_pieces_is_masked_as_the_whole_one_is(words, cuts):
    text = "".join(words)
    findings, held, at, turn = [], 0, 0, 0
    while at < len(text):
        at = min(len(text), at + cuts[turn % len(cuts)])
        turn += 1
        seen = scan(DETECTORS, text[:at], held, final=False)
        findings += seen.findings
        held = seen.undecided
    findings += scan(DETECTORS, text, held, final=True).findings
    assert masked(text, findings) == replaced(text)


def span(**more) -> Span:
    return Span(trace_id="1" * 32, span_id="2" * 16, name="chat", start_ns=1, end_ns=2, **more)


def test_a_spans_texts_are_replaced_within_json_and_events_and_its_identities_stay():
    said = json.dumps([{"role": "user", "parts": [{"type": "text", "content": 'a "quoted" ann@b.org'}]}])
    kept = Redactor(EVERYTHING).span(
        span(
            attributes={
                "gen_ai.input.messages": said,
                "user.id": "ann@b.org",
                "note": ["x ORD-1234"],
                "gen_ai.usage.input_tokens": 4111111111111111,
            },
            events=(SpanEvent(1, "exception", {"exception.message": "no ann@b.org"}),),
            status_message="ann@b.org failed",
        )
    )
    assert json.loads(str(kept.attributes["gen_ai.input.messages"]))[0]["parts"][0]["content"] == 'a "quoted" [EMAIL]'
    assert kept.attributes["user.id"] == "ann@b.org"
    assert kept.attributes["note"] == ["x [ORDER]"]
    assert kept.attributes["gen_ai.usage.input_tokens"] == 4111111111111111
    assert kept.events[0].attributes == {"exception.message": "no [EMAIL]"}
    assert kept.status_message == "[EMAIL] failed"
    assert kept.attributes["tidegate.redacted"] == "EMAIL 3, ORDER 1"


def test_a_pattern_that_runs_for_ever_withholds_the_text():
    redactor = Redactor(DetectionSettings(patterns={"slow": r"(?:a|a|b)+(?:a|b)+(?:a+)+c"}))
    kept = redactor.span(span(attributes={"input.value": "ab" * 5000 + "a" * 5000}))
    assert kept.attributes["input.value"] == WITHHELD
