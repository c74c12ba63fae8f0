"""The grammar of filters and orders.

::

    filter     := [ clause ( "AND" clause )* [ "AND" ] ]
    clause     := identifier ( comparison operand | ["NOT"] "IN" list | "IS" ["NOT"] "NULL" )
    comparison := "=" | "!=" | "<" | "<=" | ">" | ">=" | "LIKE" | "ILIKE" | "RLIKE"
    operand    := text | number | list
    list       := "(" text ( "," text )* ")"
    identifier := [ entity "." ] key
    order      := identifier [ "ASC" | "DESC" ]

Words of the language may be written in any case. A key with other characters than letters, digits, dots and underscores is quoted with
backticks or double quotes. Text is quoted with either quote; in it, a doubled quote stands for one, and a backslash for itself.
"""

import re
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from registry.errors import InvalidParameterValue

__all__ = ("Clause", "Operand", "parse_filter", "parse_order", "unquoted")


class Operand(msgspec.Struct, frozen=True):
    """What stands right of a comparison. ``raw`` is as it was written; ``texts`` holds the text, or those of a list."""

    kind: Literal["text", "number", "word", "list"]
    raw: str
    texts: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The text of a ``text``."""
        return self.texts[0]


class Clause(msgspec.Struct, frozen=True):
    """One comparison. ``entity`` is ``""`` for a bare key; ``operator`` is in capitals; ``IS NULL`` and ``IS NOT NULL`` have no operand."""

    entity: str
    key: str
    operator: str
    operand: Operand | None = None


class Token(NamedTuple):
    """A piece of the filter, and what it is."""

    kind: str
    text: str
    begin: int


_TOKENS: Final = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<text>'(?:''|[^'])*'|"(?:""|[^"])*")
  | (?P<number>-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.`"]))
  | (?P<comparison><=|>=|!=|<>|=|<|>)
  | (?P<word>(?:\w+|`[^`]*`)(?:\.(?:`[^`]*`|"[^"]*"|\w+))*)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_LIKES: Final = frozenset({"LIKE", "ILIKE", "RLIKE"})
_TRUTHS: Final = frozenset({"TRUE", "FALSE"})


def parse_filter(text: str | None, *, quoting: bool = False, truths: bool = False) -> list[Clause]:
    """The clauses of a filter, all of which must hold. Raises ``InvalidParameterValue``, which names what is no clause, with ``quoting`` in quotes.

    A bare ``true`` or ``false`` is something to compare with if ``truths`` says so, and no part of a clause otherwise.
    """
    text = text or ""
    tokens = _tokens(text)
    if any(token.text == ";" for token in tokens):
        raise InvalidParameterValue(f"Search filter contained multiple expression {text!r}. Provide AND-ed expression list.")
    clauses: list[Clause] = []
    strangers: list[str] = []
    at = 0
    while at < len(tokens):
        if _keyword(tokens, at) == "AND":
            at += 1
        elif (found := _clause(tokens, at, truths=truths)) is not None:
            clauses.append(found[0])
            at = found[1]
        else:
            end = _end_of_stranger(tokens, at)
            stranger = text[tokens[at].begin : tokens[end - 1].begin + len(tokens[end - 1].text)]
            strangers.append(f"'{stranger}'" if quoting else stranger)
            at = end
    if strangers:
        raise InvalidParameterValue(f"Invalid clause(s) in filter string: {', '.join(strangers)}")
    return clauses


def parse_order(text: str) -> tuple[str, str, bool]:
    """Entity (``""`` for a bare key), key and whether it ascends. Raises ``InvalidParameterValue``."""
    tokens = _tokens(text)
    if not 1 <= len(tokens) <= 2 or not _is_identifier(tokens[0]) or (len(tokens) == 2 and tokens[1].kind != "word"):
        raise InvalidParameterValue(f"Invalid order_by clause '{text}'. Could not be parsed.")
    direction = tokens[1].text.lower() if len(tokens) == 2 else "asc"
    if direction not in {"asc", "desc"}:
        raise InvalidParameterValue(f"Invalid ordering key in order_by clause '{text}'.")
    return *_identifier(tokens[0].text), direction == "asc"


def unquoted(text: str) -> str:
    """A key without the quotes around it."""
    return text[1:-1] if len(text) >= 2 and text[0] == text[-1] and text[0] in "`\"'" else text


def _tokens(text: str) -> list[Token]:
    return [Token(match.lastgroup or "", match[0], match.start()) for match in _TOKENS.finditer(text) if match.lastgroup != "space"]


def _keyword(tokens: Sequence[Token], at: int) -> str:
    """The word at a place in capitals; ``""`` where there is none."""
    return tokens[at].text.upper() if at < len(tokens) and tokens[at].kind == "word" else ""


def _is_identifier(token: Token) -> bool:
    return token.kind == "word" or (token.kind == "text" and token.text[0] == '"')


def _identifier(text: str) -> tuple[str, str]:
    """Split at the first dot outside of quotes: what follows it is the key, dots and all."""
    if text[0] in '`"' and "." not in text[text.find(text[0], 1) :]:
        return "", unquoted(text)
    entity, dot, key = text.partition(".")
    return (unquoted(entity), unquoted(key)) if dot else ("", unquoted(text))


def _clause(tokens: Sequence[Token], at: int, *, truths: bool) -> tuple[Clause, int] | None:
    """The clause that begins here and where it ends, or ``None`` where none does."""
    if not _is_identifier(tokens[at]) or at + 1 >= len(tokens):
        return None
    found = _operator(tokens, at + 1)
    if found is None:
        return None
    operator, behind = found
    entity, key = _identifier(tokens[at].text)
    if operator in {"IS NULL", "IS NOT NULL"}:
        return Clause(entity, key, operator), behind
    if not truths and _keyword(tokens, behind) in _TRUTHS:
        return None
    operand = _operand(tokens, behind, must_be_list=operator.endswith("IN"))
    return None if operand is None else (Clause(entity, key, operator, operand[0]), operand[1])


def _operator(tokens: Sequence[Token], at: int) -> tuple[str, int] | None:
    if tokens[at].kind == "comparison":
        return tokens[at].text, at + 1
    words = [_keyword(tokens, at + ahead) for ahead in range(3)]
    if words[0] == "IS":
        return ("IS NULL", at + 2) if words[1] == "NULL" else ("IS NOT NULL", at + 3) if words[1:] == ["NOT", "NULL"] else None
    if words[0] == "NOT" and words[1] in {"IN", *_LIKES}:
        return f"NOT {words[1]}", at + 2
    return (words[0], at + 1) if words[0] in {"IN", *_LIKES} else None


def _operand(tokens: Sequence[Token], at: int, *, must_be_list: bool) -> tuple[Operand, int] | None:
    if at >= len(tokens):
        return None
    token = tokens[at]
    if token.text == "(":
        return _list(tokens, at)
    if must_be_list or token.kind not in {"text", "number", "word"} or _keyword(tokens, at) == "AND":
        return None
    texts = (_text(token.text),) if token.kind == "text" else ()
    return Operand("text" if texts else "number" if token.kind == "number" else "word", token.text, texts), at + 1


def _list(tokens: Sequence[Token], at: int) -> tuple[Operand, int] | None:
    end = _closing(tokens, at)
    if end is None:
        return None
    inner = tokens[at + 1 : end]
    shown = "(" + " ".join(token.text for token in inner).replace(" ,", ",") + ")"
    items, commas = inner[::2], inner[1::2]
    if not items:
        raise InvalidParameterValue("While parsing a list in the query, expected a non-empty list of string values, but got empty list")
    if any(item.kind != "text" and item.text != "," for item in items):
        raise InvalidParameterValue(
            f"While parsing a list in the query, expected string value, punctuation, or whitespace, but got different type in list: {shown}"
        )
    if any(item.text == "," for item in items) or any(comma.text != "," for comma in commas):
        raise InvalidParameterValue(
            "While parsing a list in the query, expected a non-empty list of string values, but got ill-formed list."
        )
    return Operand("list", shown, tuple(_text(item.text) for item in items)), end + 1


def _text(quoted: str) -> str:
    return quoted[1:-1].replace(quoted[0] * 2, quoted[0])


def _closing(tokens: Sequence[Token], at: int) -> int | None:
    """Where the parenthesis that opens here, or before, is closed."""
    return next((place for place in range(at, len(tokens)) if tokens[place].text == ")"), None)


def _end_of_stranger(tokens: Sequence[Token], at: int) -> int:
    """Where what is no clause ends: a parenthesis is strange as a whole."""
    end = _closing(tokens, at) if tokens[at].text == "(" else None
    return at + 1 if end is None else end + 1
