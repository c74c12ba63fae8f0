"""The body that creates a serving endpoint of external models in Databricks, unfolded into MLflow's endpoints and a split between them.

https://docs.databricks.com/aws/en/generative-ai/external-models/ . A file may hold one such body, or its ``endpoints`` a list of them.
"""

from config.forms.reading import Reader, listed, made
from config.written import Entry, Mapping, Node, child, entries, items

__all__ = ("recognises", "unfold")


def recognises(root: Node) -> bool:
    """Whether a file is such a body."""
    return child(child(root, "config"), "served_entities") is not None


def unfold(root: Node, reader: Reader) -> Mapping:
    """The body as the ``endpoints`` and ``routes`` of MLflow's file."""
    reader.known_keys(root, "", ("name", "config"))
    config = child(root, "config") or root
    reader.known_keys(config, "config", ("served_entities", "traffic_config"))
    served, name = items(child(config, "served_entities")), child(root, "name")
    if len(served) == 1:
        return made(root.span, {"endpoints": listed(root.span, [_renamed(served[0], name)])})
    shares = child(child(config, "traffic_config"), "routes")
    task = child(child(served[0], "external_model"), "task") if served else None
    split = made(root.span, {"name": name, "task_type": task, "destinations": listed(root.span, map(_destination, items(shares)))})
    return made(root.span, {"endpoints": listed(root.span, served), "routes": listed(root.span, [split])})


def _renamed(endpoint: Node, name: Node | None) -> Node:
    """One served model, under the name of the whole endpoint."""
    if name is None:
        return endpoint
    kept = tuple(entry for entry in entries(endpoint) if entry.key != "name")
    return Mapping(endpoint.span, (Entry("name", name.span, name), *kept))


def _destination(share: Node) -> Node:
    keys = {"served_model_name": "name", "served_entity_name": "name"}
    return Mapping(share.span, tuple(Entry(keys.get(entry.key, entry.key), entry.key_span, entry.value) for entry in entries(share)))
