"""How large a query may be: a short one can ask for very much. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

__all__ = ("check_size",)

MAX_ROOT_FIELDS: Final = 10
MAX_ALIASES: Final = 10
"""Of one level."""
MAX_DEPTH: Final = 10
MAX_SELECTIONS: Final = 1000

Fragments = Mapping[str, FragmentDefinitionNode]


def check_size(document: DocumentNode) -> None:
    """Raise ``GraphQLError`` for a query that asks for more than MLflow's server would answer."""
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    roots = selections = most_aliases = 0
    for depth, level in _levels([each.selection_set for each in operations], fragments):
        roots += len(level) if depth == 1 else 0
        selections += len(level)
        if selections > MAX_SELECTIONS:
            raise GraphQLError(f"Query exceeds maximum total selections of {MAX_SELECTIONS}")
        most_aliases = max(most_aliases, sum(1 for field in level if field.alias))
    _check("root fields", roots, MAX_ROOT_FIELDS)
    _check("aliases", most_aliases, MAX_ALIASES)


def _check(what: str, count: int, most: int) -> None:
    if count > most:
        raise GraphQLError(f"GraphQL queries should have at most {most} {what}, got {count} {what}.")


def _levels(selection_sets: list[SelectionSetNode], fragments: Fragments) -> Iterator[tuple[int, list[FieldNode]]]:
    """Each level with its depth. A fragment that holds itself ends at the greatest depth."""
    waiting = [(1, each) for each in selection_sets]
    while waiting:
        depth, selection_set = waiting.pop()
        if depth > MAX_DEPTH:
            raise GraphQLError(f"Query exceeds maximum depth of {MAX_DEPTH}")
        fields = _fields(selection_set, fragments)
        yield depth, fields
        waiting += [(depth + 1, field.selection_set) for field in fields if field.selection_set]


def _fields(selection_set: SelectionSetNode, fragments: Fragments) -> list[FieldNode]:
    """The fields of a level, with those of the fragments that are spread in it; each fragment once."""
    fields: list[FieldNode] = []
    seen: set[str] = set()
    waiting = [*selection_set.selections]
    while waiting:
        match waiting.pop(0):
            case FieldNode() as field:
                fields.append(field)
            case InlineFragmentNode(selection_set=inner):
                waiting += inner.selections
            case FragmentSpreadNode(name=name) if name.value not in seen and name.value in fragments:
                seen.add(name.value)
                waiting += fragments[name.value].selection_set.selections
    return fields
