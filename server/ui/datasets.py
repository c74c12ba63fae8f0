"""Evaluation datasets, as the pages show them."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

__all__ = ("DatasetExample", "DatasetLine", "DatasetRecords", "Datasets")


class DatasetLine(msgspec.Struct, frozen=True, kw_only=True):
    """An evaluation dataset in the list. ``updated_at`` is RFC 3339; ``fields`` names what its records have, part by part."""

    dataset_id: str
    name: str
    records: int
    experiments: Sequence[str] = ()
    tags: Mapping[str, str] = {}
    fields: Mapping[str, Sequence[str]] = {}
    created_by: str = ""
    updated_at: str


class DatasetExample(msgspec.Struct, frozen=True, kw_only=True):
    """A record: JSON text, indented, ``""`` for what it does not have. ``trace_id`` names the trace that it was made from."""

    inputs: str
    expectations: str = ""
    outputs: str = ""
    trace_id: str = ""
    updated_at: str


class DatasetRecords(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset and some of its records; ``next_page`` continues, ``""`` at the end."""

    dataset: DatasetLine
    examples: Sequence[DatasetExample]
    next_page: str = ""


class Datasets(Protocol):
    """Evaluation datasets. Raises the tree of ``registry.errors``."""

    async def list(self, page: str) -> tuple[Sequence[DatasetLine], str]:
        """Some of them, the newest first, and where the next ones begin."""
        ...

    async def show(self, dataset_id: str, page: str) -> DatasetRecords:
        """One of them."""
        ...
