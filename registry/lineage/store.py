"""Links of runs, logged models, versions and prompts, in the metadata database: all that touch what is asked for, in either direction."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Table, or_, select, tuple_

from registry.lineage.types import Edge, Ref
from storage.model_tables import model_versions, prompt_texts
from storage.run_tables import logged_model_tags, logged_models, run_model_inputs, run_model_outputs, run_tags, runs

__all__ = ("evaluations_among", "labels_of", "links_of")

LINKED_PROMPTS: Final = "mlflow.linkedPrompts"
RUN_TYPE: Final = "mlflow.runType"
EVALUATION: Final = "genai_evaluate"


def links_of(connection: Connection, refs: Sequence[Ref]) -> list[Edge]:
    """Every edge that has one of these nodes at an end. Runs are ``run`` here, evaluations included."""
    of = {kind: [ref.id for ref in refs if ref.kind == kind] for kind in ("run", "logged_model", "model_version", "prompt")}
    return [
        *_models_of_runs(connection, of["run"], of["logged_model"]),
        *_versions(connection, of["run"], of["logged_model"], of["model_version"]),
        *_copies(connection, of["model_version"]),
        *_prompts(connection, run_tags, "run", of["run"], of["prompt"]),
        *_prompts(connection, logged_model_tags, "logged_model", of["logged_model"], of["prompt"]),
    ]


def evaluations_among(connection: Connection, run_ids: Iterable[str]) -> set[str]:
    """The runs that evaluate others."""
    tags = run_tags.c
    query = select(tags.run_id).where(tags.run_id.in_(list(run_ids)), tags.key == RUN_TYPE, tags.value == EVALUATION)
    return set(connection.scalars(query))


def labels_of(connection: Connection, refs: Iterable[Ref]) -> dict[Ref, str]:
    """The names of these nodes for people. Nodes that are not here are absent."""
    of: dict[str, list[Ref]] = {}
    for ref in refs:
        of.setdefault(ref.kind, []).append(ref)
    found: dict[Ref, str] = {}
    for kind in ("run", "evaluation"):
        found |= _named(connection, runs, "run_id", of.get(kind, []))
    found |= _named(connection, logged_models, "model_id", of.get("logged_model", []))
    for table, kind in ((model_versions, "model_version"), (prompt_texts, "prompt")):
        wanted = {_version(ref.id): ref for ref in of.get(kind, [])}
        pair = tuple_(table.c.name, table.c.version)
        for row in connection.execute(select(table.c.name, table.c.version).where(pair.in_(list(wanted)))) if wanted else ():
            found[wanted[row.name, row.version]] = f"{row.name} v{row.version}"
    return found


def _named(connection: Connection, table: Table, key: str, refs: Sequence[Ref]) -> dict[Ref, str]:
    by_id = {ref.id: ref for ref in refs}
    query = select(table.c[key], table.c.name).where(table.c[key].in_(list(by_id)))
    return {by_id[row[0]]: row[1] or row[0] for row in connection.execute(query)} if by_id else {}


def _models_of_runs(connection: Connection, run_ids: Sequence[str], model_ids: Sequence[str]) -> list[Edge]:
    if not run_ids and not model_ids:
        return []
    made, read, own = run_model_outputs.c, run_model_inputs.c, logged_models.c
    outputs = connection.execute(
        select(made.run_id, made.model_id).where(or_(made.run_id.in_(run_ids), made.model_id.in_(model_ids))).distinct()
    )
    inputs = connection.execute(select(read.run_id, read.model_id).where(or_(read.run_id.in_(run_ids), read.model_id.in_(model_ids))))
    sources = connection.execute(
        select(own.source_run_id, own.model_id).where(
            or_(own.source_run_id.in_(run_ids), own.model_id.in_(model_ids)), own.source_run_id != ""
        )
    )
    produced = [
        Edge(Ref("run", run), Ref("logged_model", model), "produced") for run, model in {*map(tuple, outputs), *map(tuple, sources)}
    ]
    return produced + [Edge(Ref("logged_model", model), Ref("run", run), "read") for run, model in inputs]


def _versions(connection: Connection, run_ids: Sequence[str], model_ids: Sequence[str], versions: Sequence[str]) -> list[Edge]:
    """A version comes of its logged model, and of its run where it has no logged model."""
    table = model_versions.c
    conditions = [table.run_id.in_(run_ids), table.model_id.in_(model_ids)]
    if versions:
        conditions.append(tuple_(table.name, table.version).in_([_version(each) for each in versions]))
    if not (run_ids or model_ids or versions):
        return []
    query = select(table.name, table.version, table.run_id, table.model_id).where(or_(*conditions))
    found = []
    for row in connection.execute(query):
        source = Ref("logged_model", row.model_id) if row.model_id else Ref("run", row.run_id)
        if source.id:
            found.append(Edge(source, Ref("model_version", f"{row.name}/{row.version}"), "registered"))
    return found


def _copies(connection: Connection, versions: Sequence[str]) -> list[Edge]:
    if not versions:
        return []
    table = model_versions.c
    originals = [f"models:/{each}" for each in versions]
    mine = tuple_(table.name, table.version).in_([_version(each) for each in versions])
    query = select(table.name, table.version, table.source).where(or_(table.source.in_(originals), mine), table.source.like("models:/%/%"))
    return [
        Edge(Ref("model_version", row.source.removeprefix("models:/")), Ref("model_version", f"{row.name}/{row.version}"), "copied")
        for row in connection.execute(query)
    ]


def _prompts(connection: Connection, tags: Table, kind: Any, owners: Sequence[str], prompts: Sequence[str]) -> list[Edge]:
    """Prompts are linked by a tag that holds JSON: who uses a prompt is found by its name in that text, and then read exactly."""
    owner = tags.c["run_id" if kind == "run" else "model_id"]
    conditions = [tags.c.value.contains(json.dumps(name), autoescape=True) for name in sorted({_version(each)[0] for each in prompts})]
    if not owners and not prompts:
        return []
    query = select(owner, tags.c.value).where(tags.c.key == LINKED_PROMPTS, or_(owner.in_(owners), *conditions))
    wanted, asked = set(prompts), set(owners)
    return [
        Edge(Ref("prompt", prompt), Ref(kind, user), "used")
        for user, value in connection.execute(query)
        for prompt in _linked(value)
        if user in asked or prompt in wanted
    ]


def _linked(value: str) -> list[str]:
    """``name/version`` of each prompt in a tag; clients write it, so that it may hold anything."""
    try:
        held = json.loads(value)
    except ValueError:
        return []
    entries = held if isinstance(held, list) else []
    return [f"{each['name']}/{each['version']}" for each in entries if isinstance(each, dict) and {"name", "version"} <= each.keys()]


def _version(id: str) -> tuple[str, int]:
    name, _, number = id.rpartition("/")
    return name, int(number) if len(number) < 10 else 0
