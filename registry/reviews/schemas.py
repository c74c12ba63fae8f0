"""Label schemas: what people are asked of the traces of an experiment."""

from typing import Any, Final
from uuid import uuid4

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from registry.errors import InvalidParameterValue, ResourceAlreadyExists, ResourceDoesNotExist
from registry.reviews import schema_messages as wire
from registry.reviews import store
from registry.reviews.checks import DEFAULT_NAME, check_input, check_instruction, check_same_kind, check_schema_name, page_size
from registry.reviews.store import SchemaRow
from registry.runs.checks import experiment_number
from registry.runs.experiments import find_experiment
from registry.runs.types import Metadata, now_ms
from registry.search import next_token, offset_of

__all__ = ("LabelSchemaService",)

FIRST_QUESTION: Final = "What do you think of this trace?"


class LabelSchemaService:
    """What is done with questions. Each experiment has one of its own. Methods raise the tree of ``registry.errors``."""

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata

    async def create(self, request: wire.CreateLabelSchema) -> wire.CreateLabelSchema.Response:
        """Make a question for reviewers."""
        check_schema_name(request.name)
        check_instruction(request.instruction)
        check_input(request.input)
        if request.type is wire.LabelSchemaType.LABEL_SCHEMA_TYPE_UNSPECIFIED:
            raise InvalidParameterValue("Label schema `type` must be one of ['FEEDBACK', 'EXPECTATION'].")
        row = _new(experiment_number(request.experiment_id), request)

        def write(connection: Connection) -> None:
            find_experiment(connection, row.experiment_id)
            store.insert_schema(connection, row)

        try:
            await self._metadata.run(write)
        except IntegrityError:
            raise _taken(row.name, row.experiment_id) from None
        return wire.CreateLabelSchema.Response(label_schema=_message(row))

    async def get(self, request: wire.GetLabelSchema) -> wire.GetLabelSchema.Response:
        """One question."""
        row = await self._metadata.read(lambda connection: _find(connection, request.schema_id))
        return wire.GetLabelSchema.Response(label_schema=_message(row))

    async def get_by_name(self, request: wire.GetLabelSchemaByName) -> wire.GetLabelSchemaByName.Response:
        """One question, by its name."""
        number = experiment_number(request.experiment_id)

        def read(connection: Connection) -> SchemaRow:
            find_experiment(connection, number)
            found = store.read_schema_named(connection, number, request.name)
            if found is None:
                raise ResourceDoesNotExist(f"Label schema with name '{request.name}' not found for experiment '{number}'.")
            return found

        return wire.GetLabelSchemaByName.Response(label_schema=_message(await self._metadata.read(read)))

    async def list(self, request: wire.ListLabelSchemas) -> wire.ListLabelSchemas.Response:
        """A page of questions, with the experiment's own among them."""
        size, offset = page_size(request.max_results), offset_of(request.page_token)
        number = experiment_number(request.experiment_id)
        await self._ensure_first(number)
        rows = await self._metadata.read(lambda connection: store.list_schemas(connection, number, offset, size + 1))
        token = next_token(offset + size) if len(rows) > size else ""
        return wire.ListLabelSchemas.Response(label_schemas=[_message(row) for row in rows[:size]], next_page_token=token)

    async def update(self, request: wire.UpdateLabelSchema) -> wire.UpdateLabelSchema.Response:
        """Change a question."""
        check_instruction(request.instruction)

        def write(connection: Connection) -> SchemaRow:
            before = _find(connection, request.schema_id)
            store.change_schema(connection, before.schema_id, _changes(request, before))
            return _find(connection, before.schema_id)

        try:
            row = await self._metadata.run(write)
        except IntegrityError:
            before = await self._metadata.read(lambda connection: _find(connection, request.schema_id))
            raise _taken(request.name or before.name, before.experiment_id) from None
        return wire.UpdateLabelSchema.Response(label_schema=_message(row))

    async def delete(self, request: wire.DeleteLabelSchema) -> None:
        """Remove a question. One that does not exist is no error."""

        def write(connection: Connection) -> None:
            found = store.read_schema(connection, request.schema_id)
            if found is not None and found.is_default:
                raise InvalidParameterValue("The experiment's default question cannot be deleted.")
            store.delete_schema(connection, request.schema_id)

        await self._metadata.run(write)

    async def _ensure_first(self, number: int) -> None:
        """Make the experiment's own question when it is first asked for."""

        def read(connection: Connection) -> bool:
            find_experiment(connection, number)
            return store.has_default(connection, number)

        if await self._metadata.read(read):
            return
        row = msgspec.structs.replace(_new(number, _FIRST), is_default=True)
        try:
            await self._metadata.run(lambda connection: store.insert_schema(connection, row))
        except IntegrityError:
            return  # another client asked at the same moment


_FIRST: Final = wire.CreateLabelSchema(
    experiment_id="0",
    name=DEFAULT_NAME,
    type=wire.LabelSchemaType.FEEDBACK,
    input=wire.LabelSchemaInput(text=wire.InputText()),
    instruction=FIRST_QUESTION,
)


def _new(number: int, request: wire.CreateLabelSchema) -> SchemaRow:
    now = now_ms()
    return SchemaRow(
        schema_id=f"ls-{uuid4().hex}",
        experiment_id=number,
        name=request.name,
        type=request.type.value,
        instruction=request.instruction,
        enable_comment=request.enable_comment,
        input=msgspec.to_builtins(request.input),
        is_default=False,
        created_by=None,
        created_at=now,
        last_updated_at=now,
    )


def _find(connection: Connection, schema_id: str) -> SchemaRow:
    found = store.read_schema(connection, schema_id)
    if found is None:
        raise ResourceDoesNotExist(f"Label schema with id '{schema_id}' not found.")
    return found


def _changes(request: wire.UpdateLabelSchema, before: SchemaRow) -> dict[str, Any]:
    if before.is_default:
        raise InvalidParameterValue("The experiment's default question cannot be changed.")
    changes: dict[str, Any] = {"last_updated_at": now_ms()}
    if request.name is not None and request.name != before.name:
        check_schema_name(request.name)
        changes["name"] = request.name
    if request.input is not None:
        check_input(request.input)
        check_same_kind(_input(before), request.input)
        changes["input"] = msgspec.to_builtins(request.input)
    named = {"instruction": request.instruction, "enable_comment": request.enable_comment}
    return changes | {key: value for key, value in named.items() if value is not None}


def _input(row: SchemaRow) -> wire.LabelSchemaInput:
    return msgspec.convert(row.input, wire.LabelSchemaInput)


def _message(row: SchemaRow) -> wire.LabelSchema:
    return wire.LabelSchema(
        schema_id=row.schema_id,
        experiment_id=str(row.experiment_id),
        name=row.name,
        type=wire.LabelSchemaType[row.type],
        instruction=row.instruction,
        enable_comment=row.enable_comment,
        input=_input(row),
        created_by=row.created_by,
        created_at=row.created_at,
        last_updated_at=row.last_updated_at,
        is_default=row.is_default,
    )


def _taken(name: str, number: int) -> ResourceAlreadyExists:
    return ResourceAlreadyExists(f"Label schema with name '{name}' already exists for experiment '{number}'.")
