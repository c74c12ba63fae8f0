"""References to secrets as other tools write them, in our words.

MLflow reads ``$NAME`` as an environment variable and an existing path as a file; its users also write ``{{ NAME }}``, and Databricks
``{{secrets/scope/key}}``. LiteLLM writes ``os.environ/NAME``.
"""

import re
from typing import Final

from config.forms.reading import Reader
from config.references import FOREIGN, is_reference
from config.written import Node, Scalar, text_of

__all__ = ("reference",)

DATABRICKS: Final = re.compile(r"^\s*\{\{\s*secrets/[^/}]+/([^/}]+?)\s*\}\}\s*$")
PATHS: Final = ("/", "./", "../", "~/")


def reference(reader: Reader, node: Node, path: str) -> Node:
    """A secret's reference in our form, ``env:NAME`` or ``file:/path``.

    A secret that is written out stays as it is, to be warned of later.
    """
    reader.came_from(node, path)
    text = text_of(node)
    if text is None:
        return node
    if found := FOREIGN.match(text):
        return Scalar(node.span, f"env:{next(filter(None, found.groups()))}")
    if is_reference(text):
        return node
    if found := DATABRICKS.match(text):
        variable = re.sub(r"\W", "_", found[1]).upper()
        predicate = "is a secret that only Databricks can read"
        reader.note(node.span, path, path, predicate, f"it is read from the environment: export {variable}=…", severity="warning")
        return Scalar(node.span, f"env:{variable}")
    return Scalar(node.span, f"file:{text}") if text.startswith(PATHS) else node
