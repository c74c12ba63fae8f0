"""What is wrong with text that is no YAML, in words for its author: where it is, what stands there, what to write instead.

PyYAML tells what its grammar expected (``expected <block end>, but found '-'``); each of those is known here by a few of its words.
"""

import re
import unicodedata
from typing import Final

import msgspec
import yaml

__all__ = ("Mistake", "explain", "invisible")

LOOKALIKES: Final = {
    "\uff1a": ":",
    "\u2018": "'",
    "\u2019": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u2013": "-",
    "\u2014": "-",
    "\uff0d": "-",
    "\uff0c": ",",
}
"""Characters that documents and keyboards put where YAML has its own; spaces of other widths are found by their category."""

QUOTE: Final = "put quotes around a value that holds ': ' or begins with a special character"
ALIKE: Final = "give the keys of one section, and the items of one list, the same number of spaces in front"
ANY: Final = "compare it with what `tidegate init` writes; an editor that knows YAML marks the place"


class Mistake(msgspec.Struct, frozen=True):
    """``index`` is a character of the text, ``reason`` ends the sentence "YAML cannot be read: …", ``fix`` is a way out. Holds no value."""

    index: int
    reason: str
    fix: str


class _Complaint(msgspec.Struct, frozen=True):
    """One that PyYAML has: words of it, and ours. ``begins`` says that its author looks for where the matter begins, not where it failed."""

    pattern: re.Pattern[str]
    reason: str
    fix: str
    begins: bool = False


COMPLAINTS: Final = tuple(
    _Complaint(re.compile(pattern), *words)
    for pattern, *words in (
        (r"character '\\t'", "a tab stands where only spaces may", "indent with spaces"),
        (r"character '([%@`|>&*!])' that cannot start", r"a value cannot begin with '\1'", "put quotes around the value"),
        (r"expected <block end>, but found ','", "there is a comma after a value", "write one 'key: value' in each line, without commas"),
        (r"expected <block end>, but found '<scalar>'", "something follows a value that is whole", "put all of the value between one pair of quotes"),
        (r"expected <block end>", "this line is indented in another way than the lines it belongs to", ALIKE),
        (r"block sequence entries are not allowed", "a list begins within a line", "begin it in the next line, or write [a, b]"),
        (
            r"mapping values are not allowed here",
            "there is a second ': ' in the value of a key, or a key indented more than the one before it",
            f"{QUOTE}; a reference to a secret has no space in it: env:NAME",
        ),
        (r"could not find expected ':'", "this line has no ': '", "write 'key: value', with a space after the colon", True),
        (r"found undefined alias '(\w+)'", r"the alias *\1 stands for nothing", r"write &\1 before the value that is meant, further up"),
        (r"found duplicate anchor", "an anchor has the name of another", "give one of them another name"),
        (r"expected a single document", "a second document begins here", "take the line '---' out, and what does not belong to these settings"),
        (r"quoted scalar, found unexpected end", "quotes are opened here and never closed", "close them, or take them out", True),
        (
            r"found unknown escape character '(.)'",
            r"between double quotes a backslash begins an escape, and \\\1 is none",
            "use single quotes, which leave backslashes alone",
        ),
        (r"flow (?:mapping|sequence), .*stream end", "a bracket is opened here and never closed", "close it", True),
        (
            r"flow (?:mapping|sequence), expected ',' or",
            "a comma or a closing bracket is missing",
            f"separate what stands in brackets by commas, and close them; {QUOTE}",
        ),
        (r"expected '<document start>'", "something follows where the settings have ended", "write 'key: value' lines, as in YAML, or one JSON object"),
        (r"while parsing a tag|while scanning a tag|undefined tag handle", "a value begins with '!'", "put quotes around the value"),
        (r"while scanning an (?:anchor|alias)", "a value begins with '&' or '*'", "put quotes around the value"),
    )
)  # fmt: skip


def explain(error: yaml.MarkedYAMLError, text: str) -> Mistake:
    """The mistake behind PyYAML's complaint. What nobody here knows is told in PyYAML's words: names of anchors at most, never a value."""
    said = ", ".join(part.strip() for part in (error.context, error.problem) if part) or "a mistake in the syntax"
    complaint, match = next(((each, found) for each in COMPLAINTS if (found := each.pattern.search(said))), (None, None))
    marks = (error.context_mark, error.problem_mark) if complaint and complaint.begins else (error.problem_mark, error.context_mark)
    index = min(next((mark.index for mark in marks if mark), 0), len(text))
    lookalike = _lookalike(text, index)
    if complaint is None or match is None:
        return Mistake(index, said, lookalike or ANY)
    return Mistake(index, match.expand(complaint.reason), lookalike or match.expand(complaint.fix))


def invisible(text: str) -> str:
    """The first character that looks like another or like nothing, by its number and name; ``""`` when there is none."""
    found = next((char for char in text if _is_strange(char)), None)
    return f"U+{ord(found):04X} ({unicodedata.name(found, 'a control character').lower()})" if found else ""


def _is_strange(char: str) -> bool:
    return char in LOOKALIKES or (char not in " \t\r\n" and unicodedata.category(char) in {"Zs", "Cf", "Cc"})


def _lookalike(text: str, index: int) -> str:
    """A hint at a character that is not what it looks like, in the line of the mistake or the one before."""
    start = text.rfind("\n", 0, max(text.rfind("\n", 0, index), 0)) + 1
    end = text.find("\n", index)
    near = text[start : len(text) if end < 0 else end]
    return f"type {found} anew, it is not the character that it looks like" if (found := invisible(near)) else ""
