"""What is published about the settings: the JSON Schema for editors, and the manual page. Both come from ``config.schema``.

``publish`` writes them; a test compares the files in ``docs/`` with what is rendered here.
"""

import ast
import inspect
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from typing import Any, Final

import msgspec
from msgspec import inspect as mi

from config.schema import Settings
from config.secrets import Secret
from config.validate import only_member
from config.variables import PREFIX

__all__ = ("field_docs", "json_schema", "publish", "settings_page", "structs")

SECRET: Final = "A reference to a secret: ``env:NAME`` or ``file:/path``. A secret written out works, and is warned of."  # noqa: S105  # its manual

INTRODUCTION: Final = """\
# Settings

Tidegate reads the file that `--config` or `TIDEGATE_CONFIG` names, else `./tidegate.yaml`, else its built-in defaults, which are the fake
provider alone. `tidegate init` writes a commented file; `tidegate config check` names everything that is wrong with one. An unknown key is
an error. A change takes effect when the file is saved, or on SIGHUP; a file with a mistake leaves the settings that run in place.

**Environment.** Every setting has a variable: `server.port` is `TIDEGATE_SERVER__PORT`. Two underscores go one level down, case does not
matter, a value is YAML (`TIDEGATE_SECURITY__API_KEYS='[env:TEAM_KEY]'`). Variables win over the file. `TIDEGATE_CONFIG` names the
file; `TIDEGATE_URL`, `TIDEGATE_API_KEY` and `TIDEGATE_WORKSPACE` tell the command line which server to talk to, and where in it.

**Secrets** are references: `env:NAME` is an environment variable, `file:/path` a file that holds the secret alone (relative paths start at
the settings file). A secret written out works, and is warned of. `env:NAME` may also stand for text that says where something is: under
`providers` (`base_url`, `region`, `project`, …), `server.host` and `public_url`, `storage.path` and `blobs`, `artifacts.root`.

**Providers** need no entry to exist: `fake` is built in, and each vendor is there when its key is in the environment (`OPENAI_API_KEY`,
`GROQ_API_KEY`, …: [all of them](gateway.md#providers)).

The same in a form for editors: [tidegate.schema.json](tidegate.schema.json).

*This page is made from the docstrings of `config/schema.py`, by `publish` in `config/docs.py`.*
"""


def json_schema() -> dict[str, Any]:
    """The file as JSON Schema 2020-12. Secrets are strings, as they are written; each key carries its manual."""
    schema = msgspec.json.schema(Settings, schema_hook=_secret_schema)
    definitions = schema["$defs"]
    for struct in structs():
        properties = definitions[struct.__name__]["properties"]
        for name, text in field_docs(struct).items():
            properties[name] = {**properties[name], "description": text.replace("``", "`")}
    # By way of text: defaults are tuples in Python, and arrays in what is published.
    plain: dict[str, Any] = json.loads(json.dumps(schema))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Tidegate settings", **plain}


def settings_page() -> str:
    """The manual page, in Markdown."""
    return "\n".join([INTRODUCTION, *(_section(path, struct) for path, struct in _sections(Settings, ""))])


def publish(directory: Path) -> None:
    """Write both into ``directory``."""
    (directory / "tidegate.schema.json").write_text(json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (directory / "settings.md").write_text(settings_page(), encoding="utf-8")


def structs() -> tuple[type[msgspec.Struct], ...]:
    """Every struct of the settings, the outermost first, each once."""
    return tuple(dict.fromkeys([Settings, *(struct for _, struct in _sections(Settings, ""))]))


def field_docs(struct: type[msgspec.Struct]) -> dict[str, str]:
    """The docstring under each field of a struct, on one line. Fields without one are left out."""
    definition = ast.parse(dedent(inspect.getsource(struct))).body[0]
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    return {
        field.target.id: " ".join(inspect.cleandoc(below.value.value).split())
        for field, below in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    }


def _secret_schema(kind: type) -> dict[str, Any]:
    if kind is Secret:
        return {"type": "string", "description": SECRET.replace("``", "`")}
    raise NotImplementedError(kind)


def _sections(struct: type[msgspec.Struct], path: str) -> Iterator[tuple[str, type[msgspec.Struct]]]:
    """The structs within, with the path at which each is written: ``judges[]``, ``providers.NAME``."""
    for field in _fields(struct):
        inner, suffix = _element(field.type)
        if isinstance(inner, mi.StructType):
            here = f"{path}.{field.encode_name}{suffix}".removeprefix(".")
            yield here, inner.cls
            yield from _sections(inner.cls, here)


def _fields(struct: type[msgspec.Struct]) -> tuple[mi.Field, ...]:
    kind = mi.type_info(struct)
    return kind.fields if isinstance(kind, mi.StructType) else ()


def _element(kind: mi.Type) -> tuple[mi.Type, str]:
    """The type within an optional, a list or a mapping, and what it adds to the path."""
    match kind:
        case mi.UnionType():
            return _element(only_member(kind))
        case mi.VarTupleType():
            return _element(kind.item_type)[0], "[]"
        case mi.DictType():
            return _element(kind.value_type)[0], ".NAME"
        case mi.Metadata():
            return _element(kind.type)
        case _:
            return kind, ""


def _section(path: str, struct: type[msgspec.Struct]) -> str:
    docs = field_docs(struct)
    rows = [
        f"| `{field.encode_name}` | {_type(field.type)} | {_default(field)} | {_cell(docs[field.encode_name])} |"
        for field in _fields(struct)
    ]
    variable = "" if "[]" in path else f"Variables begin with `{PREFIX}{path.replace('.', '__').upper()}__`.\n\n"
    table = "\n".join(["| key | type | default | |", "|---|---|---|---|", *rows])
    manual = inspect.cleandoc(struct.__doc__ or "").replace("``", "`")
    return f"## `{path}`\n\n{manual}\n\n{variable}{table}\n"


def _cell(text: str) -> str:
    return text.replace("``", "`").replace("|", "\\|")


def _type(kind: mi.Type) -> str:
    inner, suffix = _element(kind)
    word = _word(inner)
    return {"": word, "[]": f"list of {word}", ".NAME": f"name: {word}"}[suffix]


def _word(kind: mi.Type) -> str:
    match kind:
        case mi.LiteralType():
            return " \\| ".join(f"`{value}`" for value in kind.values)
        case mi.IntType():
            return f"whole number{_range(kind)}"
        case mi.FloatType():
            return f"number{_range(kind)}"
        case mi.BoolType():
            return "`true` \\| `false`"
        case mi.CustomType():
            return "secret"
        case mi.StructType():
            return "section below"
        case _:
            return "text"


def _range(kind: mi.IntType | mi.FloatType) -> str:
    limits = (("≥", kind.ge), (">", kind.gt), ("≤", kind.le), ("<", kind.lt))
    return "".join(f" {sign} {limit:,}" for sign, limit in limits if limit is not None)


def _default(field: mi.Field) -> str:
    if field.required:
        return "**required**"
    inner, suffix = _element(field.type)
    if field.default in (None, "", (), msgspec.NODEFAULT) or isinstance(inner, mi.StructType) or suffix:
        return ""
    return f"`{json.dumps(field.default) if not isinstance(field.default, str) else field.default}`"
