"""Converts a configuration file of any known form to ours. Secrets are printed as references, also those that were written out."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
import yaml
from msgspec import inspect as mi

from config.addresses import is_sensitive
from config.checks import check
from config.errors import ConfigError, Problem
from config.findings import Finding
from config.forms import Translated, in_their_words, translate
from config.load import read
from config.parse import Parsed, parse
from config.providers import VENDORS, known_providers
from config.references import is_reference
from config.report import present
from config.schema import Settings
from config.secrets import Secret
from config.source import Span
from config.validate import Validated, Validator
from config.written import Node, Scalar, Sequence, child, entries

__all__ = ("Converted", "convert")

KIND: Final = mi.type_info(Settings)


class Converted(msgspec.Struct, frozen=True):
    """The text in our form, whose file it was (``mlflow``, ``litellm``, ``tidegate``), and what its author should know."""

    text: str
    form: str
    warnings: tuple[Problem, ...]


def convert(path: Path) -> Converted:
    """Read a file of any form. No secret is looked up, so that it may be converted where its secrets are not.

    Raises:
        ConfigError: with every problem found.
    """
    source = read(path)
    parsed = parse(source)
    if parsed.root is None:
        raise ConfigError(present(parsed.findings, None))
    translated = translate(parsed.root)
    validated = Validator(lambda text: Secret(text, text if is_reference(text) else "")).validate(translated.root, KIND)
    literal = {found.span: _variable(found.path) for found in validated.secrets if not found.secret.reference and is_sensitive(found)}
    warnings = _refuse_errors(parsed, translated, validated, literal)
    text = yaml.dump(_plain(translated.root, literal), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=140)
    return Converted(text, translated.form, warnings)


def _refuse_errors(parsed: Parsed, translated: Translated, validated: Validated, literal: Mapping[Span, str]) -> tuple[Problem, ...]:
    written = {entry.key: entry for entry in entries(child(translated.root, "providers"))}
    vendors = {variable: "there" for vendor in VENDORS for variables in vendor.variables.values() for variable in variables}
    checked = check(translated.root, known_providers(written, vendors))
    told = (in_their_words(finding, translated) for finding in (*validated.findings, *checked, *map(_replaced, literal.items())))
    findings = [*parsed.findings, *translated.findings, *told]
    hidden = [span for span in parsed.values if span not in validated.public]
    if errors := [finding for finding in findings if finding.severity == "error"]:
        raise ConfigError(present(errors, hidden))
    return present(findings, hidden)


def _replaced(literal: tuple[Span, str]) -> Finding:
    span, variable = literal
    predicate = f"is a secret written out in the file; the text printed says env:{variable} in its place"
    return Finding(span, "", "a value", predicate, f"export {variable}=… with the secret", severity="warning")


def _variable(path: str) -> str:
    """The name for the variable of a secret: ``providers.openai.api_key`` is ``OPENAI_API_KEY``."""
    return re.sub(r"\W+", "_", path.removeprefix("providers.")).strip("_").upper()


def _plain(node: Node, literal: Mapping[Span, str]) -> object:
    if isinstance(node, Scalar):
        return f"env:{literal[node.span]}" if node.span in literal else node.value
    if isinstance(node, Sequence):
        return [_plain(item, literal) for item in node.items]
    return {entry.key: _plain(entry.value, literal) for entry in node.entries}


class _Dumper(yaml.SafeDumper):
    """Text of several lines as a block, as a person would write it."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
