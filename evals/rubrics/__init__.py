"""The fixed text around every judge's instructions, as files: a version header, a blank line, the template.

Placeholders are ``$name``; they are filled in one pass with text of ours and of the configuration, never with what is judged.
The text is part of a judge's version: changing a file makes new versions of all judges.
"""

from functools import cache
from importlib import resources
from string import Template

import msgspec

__all__ = ("Rubric", "rubric")


class Rubric(msgspec.Struct, frozen=True):
    """One file: its name, the version in its header, and its text."""

    name: str
    version: int
    text: str

    def fill(self, **values: str) -> str:
        """Put ``values`` in place of the placeholders; a missing one is a ``KeyError``, and values are not read again."""
        return Template(self.text).substitute(values)


@cache
def rubric(name: str) -> Rubric:
    """Read ``rubrics/<name>.md``. Raises ``ValueError`` when its header is not ``version: <number>``."""
    header, _, text = resources.files(__name__).joinpath(f"{name}.md").read_text("utf-8").partition("\n\n")
    label, _, number = header.partition(": ")
    if label != "version":
        raise ValueError(f"rubric {name!r} begins with {header!r}, not with 'version: <number>'")
    return Rubric(name, int(number), text.strip())
