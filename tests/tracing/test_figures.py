"""What is counted of spans for Prometheus."""

import msgspec

from tracing.conventions.genai import GATEWAY_SCOPE
from tracing.figures import MOST, OTHERS, Figures
from tracing.raw import RawSpan
from tracing.types import Status


def span(scope: str = GATEWAY_SCOPE, **attributes) -> RawSpan:
    told = {"gen_ai.operation.name": "chat", **{name.replace("__", "."): value for name, value in attributes.items()}}
    return RawSpan("t", "s", None, "chat m", "SERVER", 0, 10**9, Status.OK, "", told, msgspec.Raw(), scope, "", "gateway")


def test_requests_are_counted_from_the_first_look_on_and_their_parts_are_not():
    figures = Figures()
    figures.export(span())
    found = figures.asked()
    for each in (span(tidegate__attempt=1), span(scope="another"), span(tidegate__judge__name="j"), span()):
        figures.export(each)
    assert [(subject.asker, tally.errors) for subject, tally in found.items()] == [("judge", {"": 1}), ("client", {"": 1})]


def test_models_that_clients_make_up_fill_no_memory():
    figures = Figures()
    found = figures.asked()
    for number in range(MOST + 50):
        figures.export(span(tidegate__target=f"up/{number}"))
    assert len(found) == MOST + 1
    assert next(tally for subject, tally in found.items() if subject.target == OTHERS).errors == {"": 50}
