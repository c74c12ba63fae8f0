"""``/judges``: what each judge was asked, how it decides, and what it said lately."""

from datetime import UTC, datetime
from difflib import get_close_matches

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from server.ui.pages.page import Services, page

__all__ = ("judge", "judges")

RECENT = 100
"""Lines of the ledger that the page of a judge shows."""


@get("/judges")
async def judges(services: Services) -> Response[str]:
    """The list."""
    return page(services, "judges.html", title="Judges", section="judges", reports=await services.judges.reports())


@get("/judges/{name:str}")
async def judge(name: FromPath[str], services: Services) -> Response[str]:
    """One judge and its latest verdicts, failures among them."""
    reports = {report.judge.name: report for report in await services.judges.reports()}
    if name not in reports:
        near = get_close_matches(name, reports, n=1)
        raise NotFoundException(f"There is no judge {name!r}." + (f" Did you mean {near[0]!r}?" if near else ""))
    return page(
        services,
        "judge.html",
        title=name,
        section="judges",
        report=reports[name],
        recent=await services.judges.recent(name, RECENT),
        agreement=await services.judges.agreement(name),
        now=datetime.now(UTC),
    )
