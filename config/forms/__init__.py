"""Files of other gateways, read as ours.

A file is translated as a tree whose nodes keep their places, before anything is checked: what is wrong in it is reported where its author
wrote it, and in the author's words. To add a form: a module with ``recognises`` and ``translate``, and a line in ``FORMS``.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from config.findings import Finding
from config.forms import databricks, litellm, mlflow
from config.forms.reading import Reader, Translated
from config.written import Node

__all__ = ("FORMS", "Translated", "in_their_words", "translate")


class Form(msgspec.Struct, frozen=True):
    """One tool's file: whether a tree is one, and the tree in our form."""

    recognises: Callable[[Node], bool]
    translate: Callable[[Node], Translated]


def _databricks(root: Node) -> Translated:
    reader = Reader("a serving endpoint of Databricks")
    translated = mlflow.translate(databricks.unfold(root, reader))
    return msgspec.structs.replace(translated, findings=(*reader.findings, *translated.findings))


FORMS: Final = (
    Form(litellm.recognises, litellm.translate),
    Form(databricks.recognises, _databricks),
    Form(mlflow.recognises, mlflow.translate),
)
"""The first that recognises a file reads it; a file that none of them recognises is ours."""


def translate(root: Node) -> Translated:
    """The tree in our form, whoever it was written for."""
    form = next((form for form in FORMS if form.recognises(root)), None)
    return form.translate(root) if form else Translated("tidegate", root)


def in_their_words(finding: Finding, translated: Translated) -> Finding:
    """A finding about the tree in our form, told with the path that the author of the file knows."""
    path = translated.origins.get(finding.span)
    if path is None:
        return finding
    subject = path if finding.subject == finding.path else finding.subject
    return msgspec.structs.replace(finding, path=path, subject=subject)
