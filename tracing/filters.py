"""The language of filters: ``status = 'error' and (cost > 0.01 or score.helpful < 0.5) and not text ~ 'refund'``. Pure: text in, a tree out.

::

    filter     := either
    either     := both ('or' both)*
    both       := negation ('and' negation)*
    negation   := 'not' negation | '(' either ')' | comparison
    comparison := field ('=' | '!=' | '<' | '<=' | '>' | '>=' | '~') value
    field      := name | 'score' '.' name | 'attributes' '.' name, where a name may stand in quotes
    value      := 'text' | "text" | number | true | false | bare word
"""

import re
from difflib import get_close_matches
from typing import Final

import msgspec

from tracing.errors import FilterError

__all__ = ("FIELDS", "WITHOUT_JUDGES", "And", "Comparison", "Expression", "Not", "Or", "parse", "speaks_of_judges")

OPERATORS: Final = ("=", "!=", "<", "<=", ">", ">=", "~")
TEXTS: Final = frozenset({"=", "!=", "~"})
NUMBERS: Final = frozenset({"=", "!=", "<", "<=", ">", ">="})
FACTS: Final = frozenset({"answered", "judging"})
"""Fields that are true or false."""

FIELDS: Final[dict[str, frozenset[str]]] = {
    "status": frozenset({"=", "!="}),
    "answered": frozenset({"=", "!="}),
    "judging": frozenset({"=", "!="}),
    "name": TEXTS,
    "model": TEXTS,
    "provider": TEXTS,
    "route": TEXTS,
    "service": TEXTS,
    "session": TEXTS,
    "user": TEXTS,
    "prompt": TEXTS,
    "prompt_version": TEXTS,
    "judge": TEXTS,
    "kind": TEXTS,
    "source": TEXTS,
    "error_type": TEXTS,
    "tag": frozenset({"=", "!="}),
    "experiment": frozenset({"=", "!="}),
    "run": frozenset({"=", "!="}),
    "text": frozenset({"~"}),
    "latency_ms": NUMBERS,
    "cost": NUMBERS,
    "tokens": NUMBERS,
    "spans": NUMBERS,
}
"""Every field and the operators that it takes; ``score.NAME`` takes all, ``attributes.'KEY'`` those of texts."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<number>-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))|(?P<word>[^\W\d][\w\-]*)|(?P<sign><=|>=|!=|=|<|>|~|\(|\)|\.))""",
    re.DOTALL,
)


class Comparison(msgspec.Struct, frozen=True):
    """One field against one value. ``key`` is the name of a score or of an attribute."""

    field: str
    operator: str
    value: str | float | bool
    key: str = ""


class Not(msgspec.Struct, frozen=True):
    """True where ``inner`` is not."""

    inner: "Expression"


class And(msgspec.Struct, frozen=True):
    """True where all parts are."""

    parts: "tuple[Expression, ...]"


class Or(msgspec.Struct, frozen=True):
    """True where any part is."""

    parts: "tuple[Expression, ...]"


Expression = Comparison | Not | And | Or


class Token(msgspec.Struct, frozen=True):
    """A piece of the text; ``kind`` is ``text``, ``number``, ``word``, ``sign`` or ``end``."""

    kind: str
    text: str
    position: int


WITHOUT_JUDGES: Final = "judging = false"
"""Leaves out what judges asked their models."""

_OF_JUDGES: Final = re.compile(r"\bjudg(?:e|ing)\b")


def speaks_of_judges(source: str) -> bool:
    """Whether a filter decides for itself about the traffic of judges."""
    return _OF_JUDGES.search(source) is not None


def parse(source: str) -> Expression:
    """Read a filter. Raises ``FilterError``, which names the position (counted from 0) and what would be allowed there."""
    parser = _Parser(_tokens(source))
    expression = parser.either()
    parser.expect_end()
    return expression


def _tokens(source: str) -> list[Token]:
    found, at = [], 0
    while source[at:].strip():
        match = _TOKEN.match(source, at)
        if match is None or match.lastgroup is None:
            start = at + len(source[at:]) - len(source[at:].lstrip())
            raise FilterError(f"nothing can begin with {source[start]!r}", position=start, hint="texts stand in quotes: name = 'my app'")
        found.append(Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)))
        at = match.end()
    return [*found, Token("end", "", len(source))]


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def either(self) -> Expression:
        parts = [self._both()]
        while self._takes_word("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def expect_end(self) -> None:
        token = self._tokens[self._at]
        if token.kind != "end":
            raise _unexpected(token, "'and', 'or' or the end")

    def _both(self) -> Expression:
        parts = [self._negation()]
        while self._takes_word("and"):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _negation(self) -> Expression:
        self._depth += 1
        if self._depth > 50:
            raise FilterError("the filter is nested more than 50 levels deep", position=self._tokens[self._at].position)
        try:
            return self._nested()
        finally:
            self._depth -= 1

    def _nested(self) -> Expression:
        if self._takes_word("not"):
            return Not(self._negation())
        if not self._takes_sign("("):
            return self._comparison()
        inner = self.either()
        if not self._takes_sign(")"):
            raise _unexpected(self._tokens[self._at], "')'")
        return inner

    def _comparison(self) -> Expression:
        field, key, allowed = self._field()
        sign = self._next()
        if sign.kind != "sign" or sign.text not in OPERATORS:
            raise _unexpected(sign, f"one of {' '.join(sorted(allowed))}")
        if sign.text not in allowed:
            raise FilterError(
                f"{field} cannot be compared by {sign.text!r}", position=sign.position, hint=f"allowed: {' '.join(sorted(allowed))}"
            )
        return Comparison(field, sign.text, self._value(field), key)

    def _field(self) -> tuple[str, str, frozenset[str]]:
        token = self._next()
        if token.kind != "word":
            raise _unexpected(token, "a field")
        if token.text in {"score", "attributes"}:
            if not self._takes_sign("."):
                raise _unexpected(self._tokens[self._at], f"'.' and a name: {token.text}.'name'")
            return token.text, self._key(), NUMBERS if token.text == "score" else TEXTS
        if token.text not in FIELDS:
            raise _no_field(token)
        return token.text, "", FIELDS[token.text]

    def _key(self) -> str:
        """A name that may hold dots without quotes: ``attributes.http.route``."""
        token = self._next()
        if token.kind == "text":
            return _unquoted(token.text)
        names = [self._word(token)]
        while self._takes_sign("."):
            names.append(self._word(self._next()))
        return ".".join(names)

    def _word(self, token: Token) -> str:
        if token.kind not in {"word", "number"}:
            raise _unexpected(token, "a name")
        return token.text

    def _value(self, field: str) -> str | float | bool:
        token = self._next()
        if token.kind not in {"text", "number", "word"}:
            raise _unexpected(token, "a value")
        if field in {"score", *FACTS} and token.text in {"true", "false"}:
            return token.text == "true"
        if field in FACTS:
            raise FilterError(f"{field} is true or false, not {token.text}", position=token.position)
        if token.kind == "number" and FIELDS.get(field, NUMBERS) is NUMBERS and field != "attributes":
            return float(token.text)
        if FIELDS.get(field) is NUMBERS:
            raise FilterError(f"{field} is compared with a number, not with {token.text}", position=token.position)
        return _unquoted(token.text) if token.kind == "text" else token.text

    def _next(self) -> Token:
        token = self._tokens[self._at]
        self._at += token.kind != "end"
        return token

    def _takes_word(self, word: str) -> bool:
        token = self._tokens[self._at]
        taken = token.kind == "word" and token.text.lower() == word
        self._at += taken
        return taken

    def _takes_sign(self, sign: str) -> bool:
        token = self._tokens[self._at]
        taken = token.kind == "sign" and token.text == sign
        self._at += taken
        return taken


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


def _unexpected(token: Token, wanted: str) -> FilterError:
    what = "the filter ends" if token.kind == "end" else f"{token.text!r} stands"
    return FilterError(f"{what} where {wanted} was expected", position=token.position)


def _no_field(token: Token) -> FilterError:
    close = get_close_matches(token.text, [*FIELDS, "score", "attributes"], n=1)
    suggestion = f"did you mean {close[0]!r}? " if close else ""
    known = ", ".join([*FIELDS, "score.NAME", "attributes.'KEY'"])
    return FilterError(f"there is no field {token.text!r}", position=token.position, hint=f"{suggestion}fields are {known}")
