"""Cutting a file of SQL into statements."""

import re
from typing import Final

__all__ = ("split_statements",)

TOKEN: Final = re.compile(
    r"""
      (?P<comment> --[^\n]* | \#[ !][^\n]* | /\*.*?(?:\*/|\Z) )
    | (?P<quoted>  '(?:[^'\\]|\\.|'')*(?:'|\Z) | "(?:[^"\\]|\\.|"")*(?:"|\Z) | `(?:[^`\\]|\\.|``)*(?:`|\Z) | \$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z) )
    | (?P<end>     ; )
    | (?P<other>   [^-\#/'"`$;]+ | . )
    """,
    re.VERBOSE | re.DOTALL,
)
"""ClickHouse's lexer as far as a semicolon can hide in it: three comments, three quotes (escaped by a backslash or doubled), heredocs."""


def split_statements(text: str) -> list[str]:
    """The statements of ``text``, without comments, without their semicolons, in order. Empty ones are left out."""
    statements: list[str] = []
    current: list[str] = []
    for token in TOKEN.finditer(text):
        if token["end"]:
            statements.append("".join(current).strip())
            current = []
        else:
            current.append(" " if token["comment"] else token[0])
    statements.append("".join(current).strip())
    return [statement for statement in statements if statement]
