"""From a path and an environment to ``Settings``: find the file, read it, lay the environment over it, check all of it at once."""

import os
from collections.abc import Callable, Iterator
from collections.abc import Mapping as AbstractMapping
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
from msgspec import inspect as mi

from config.addresses import check_addresses, check_secrets
from config.checks import check
from config.environment import overlay
from config.errors import ConfigError, Problem
from config.findings import Finding
from config.forms import in_their_words, translate
from config.parse import Parsed, parse
from config.provider_checks import check_providers
from config.providers import known_providers, with_vendors
from config.references import resolve, secret_file
from config.report import present
from config.schema import Settings
from config.source import Source, Span
from config.substitution import substitute
from config.validate import ResolvedSecret, Validated, Validator
from config.variables import variable_for
from config.written import Node, Scalar, Sequence, child, entries

__all__ = ("FILE_NAME", "Check", "Loaded", "example_text", "load", "load_with_report", "read")

FILE_NAME: Final = "tidegate.yaml"
MAX_BYTES: Final = 16 * 1024 * 1024
HERE: Final = Path(__file__).parent

Environment = AbstractMapping[str, str]
Check = Callable[[Node], Iterator[Finding]]
"""Looks at the tree in our form, and finds what is wrong with it."""


class Loaded(msgspec.Struct, frozen=True):
    """Settings and where they came from.

    ``file`` is ``None`` when the built-in defaults run. ``sources`` are the files that a change in which changes the settings: the YAML
    file (also one that does not exist yet) and every ``file:`` secret. ``warnings`` are problems that do not stop anything.
    ``arguments`` and ``further`` are those that were given, for the next load.
    """

    settings: Settings
    file: Path | None
    sources: tuple[Path, ...]
    warnings: tuple[Problem, ...]
    arguments: AbstractMapping[str, str]
    further: tuple[Check, ...] = ()


def load(path: Path | None = None, environ: Environment | None = None) -> Settings:
    """The settings of ``path``, else of ``TIDEGATE_CONFIG``, else of ``./tidegate.yaml``, else the built-in ones.

    ``TIDEGATE_*`` variables are laid over them. ``environ`` is the process's own when ``None``.

    Raises:
        ConfigError: with every problem found, not the first alone.
    """
    return load_with_report(path, environ).settings


def load_with_report(
    path: Path | None = None,
    environ: Environment | None = None,
    arguments: AbstractMapping[str, str] | None = None,
    further: tuple[Check, ...] = (),
) -> Loaded:
    """As ``load``, with warnings and origins. ``arguments`` (``{"server.port": "0"}``) win over the environment and the file.

    ``further`` are checks of those who know more than this package does.

    Raises:
        ConfigError: with every problem found, not the first alone.
    """
    given = arguments or {}
    variables = _with_arguments(os.environ if environ is None else environ, given)
    file = _find(path, variables)
    return _build(read(file) if file else _defaults(), variables, given, further)


def example_text() -> str:
    """A commented file that works as it is, for ``tidegate init``."""
    return (HERE / "example.yaml").read_text(encoding="utf-8")


def _with_arguments(environ: Environment, arguments: AbstractMapping[str, str]) -> Environment:
    given = {variable_for(key): value for key, value in arguments.items()}
    return {**{name: value for name, value in environ.items() if name.upper() not in given}, **given}


def _find(path: Path | None, environ: Environment) -> Path | None:
    named = path or (Path(environ["TIDEGATE_CONFIG"]) if environ.get("TIDEGATE_CONFIG") else None)
    usual = Path(FILE_NAME)
    return named or (usual if usual.exists() else None)


def _defaults() -> Source:
    return Source("the built-in defaults", (HERE / "defaults.yaml").read_text(encoding="utf-8"))


def read(path: Path) -> Source:
    """The text of a file. Raises ``ConfigError`` when it cannot be read, is not UTF-8 or larger than ``MAX_BYTES``."""
    hint, data = "run `tidegate init` to write one, or check --config and TIDEGATE_CONFIG", b""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) <= MAX_BYTES:
            return Source(str(path), data.decode("utf-8-sig"), path)
        reason, hint = f"it is larger than {MAX_BYTES // 2**20} MiB", "check --config and TIDEGATE_CONFIG: settings are never so long"
    except OSError as error:
        reason = error.strerror or "the system refused"
    except UnicodeDecodeError as error:
        reason, hint = _encoding(data, error.start), "save it as UTF-8, or run `tidegate init` for another file"
    except ValueError:
        reason = "there is a NUL in its path"
    finding = Finding(Span(Source(str(path))), "", f"the file {str(path)!r}", f"cannot be read: {reason}", hint)
    raise ConfigError(present([finding], None))


def _encoding(data: bytes, place: int) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "it is UTF-16, not UTF-8 text (PowerShell's > writes that)"
    return f"it is not UTF-8 text, first in line {data.count(10, 0, place) + 1}"


def _build(source: Source, environ: Environment, arguments: AbstractMapping[str, str], further: tuple[Check, ...]) -> Loaded:
    parsed = parse(source)
    if parsed.root is None:
        raise ConfigError(present(parsed.findings, None))
    kind = mi.type_info(Settings)
    translated = translate(parsed.root)
    overlaid = overlay(translated.root, environ, kind)
    held = substitute(overlaid.root, environ)
    directory = source.path.parent if source.path else Path()
    validated = Validator(partial(resolve, environ=environ, directory=directory)).validate(held.root, kind)
    unread = {finding.span for finding in parsed.findings}
    looked = (finding for each in further for finding in each(held.root))
    judged = [*held.findings, *validated.findings, *_checked(held.root, validated, environ), *looked]
    own = [*parsed.findings, *translated.findings, *overlaid.findings, *_emptiness(source, overlaid.root)]
    findings = [*own, *(in_their_words(finding, translated) for finding in judged if finding.span not in unread)]
    warnings = _refuse_errors(findings, parsed, validated)
    settings = msgspec.convert(validated.plain, Settings)
    settings = msgspec.structs.replace(settings, providers=with_vendors(settings.providers, environ))
    return Loaded(settings, source.path, _sources(source, validated.secrets, directory), warnings, arguments, further)


def _checked(root: Node, validated: Validated, environ: Environment) -> list[Finding]:
    written = {entry.key: entry for entry in entries(child(root, "providers"))}
    known = known_providers(written, environ)
    return [*check(root, known), *check_addresses(root), *check_providers(root, environ), *check_secrets(validated.secrets)]


def _emptiness(source: Source, root: Node) -> list[Finding]:
    """A file without settings is one that somebody forgot to save, or meant: it runs, and is told of."""
    written = isinstance(root, Sequence) or (root.value is not None if isinstance(root, Scalar) else bool(root.entries))
    if source.path is None or written or source.text.strip() == "{}":
        return []
    hint = "run `tidegate init` for one that works as it is, or write {} where none are meant"
    return [Finding(Span(source), "", "the file", "holds no settings", hint, severity="warning")]


def _refuse_errors(findings: list[Finding], parsed: Parsed, validated: Validated) -> tuple[Problem, ...]:
    """The warnings among the findings. Raises ``ConfigError`` with the others, if there are any."""
    hidden = [span for span in parsed.values if span not in validated.public]
    if errors := [finding for finding in findings if finding.severity == "error"]:
        raise ConfigError(present(errors, hidden))
    return present(findings, hidden)


def _sources(source: Source, secrets: tuple[ResolvedSecret, ...], directory: Path) -> tuple[Path, ...]:
    referred = (secret_file(found.secret.reference, directory) for found in secrets)
    return tuple(dict.fromkeys([source.path or Path(FILE_NAME), *filter(None, referred)]))
