"""What documents point at is there: files of the code map, pages and sections behind links."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
# Names that recur in many packages, and stand for all of them.
EVERYWHERE = re.compile(r"(types|errors|service|store|store_sql|\*_store|routes|messages|endpoints|table)\.py|surfaces/")


def named_files(text: str):
    """Each file or folder that the text names in backticks, with the package whose section names it, if one does."""
    package = None
    for line in text.splitlines():
        if heading := re.match(r"#+ (?:`(\w+)/`)?", line):
            package = heading[1]
        for name in re.findall(r"`([\w./*-]+(?:\.(?:py|md|yaml|html)|/))`", line):
            if not EVERYWHERE.fullmatch(name):
                yield package, name


def anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def test_every_file_that_the_architecture_names_exists():
    places = {
        (package, name): [ROOT, ROOT / "server" / "ui", *([ROOT / package, *(ROOT / package).iterdir()] if package else [])]
        for package, name in named_files((ROOT / "ARCHITECTURE.md").read_text())
    }
    assert len(places) > 100
    missing = [name for (_, name), among in places.items() if not any(any(place.glob(name)) for place in among if place.is_dir())]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_between_documents_leads_somewhere(document: Path):
    broken = []
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", document.read_text()):
        name, _, section = target.partition("#")
        page = (document.parent / name).resolve() if name else document
        if not page.exists() or (section and section not in map(anchor, re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE))):
            broken.append(target)
    assert broken == []


def test_every_document_is_in_the_list_of_documents():
    listed = set(re.findall(r"\]\(([^)#]+\.md)\)", (ROOT / "docs" / "README.md").read_text()))
    there = {str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")} - {"README.md"}
    assert listed == there
