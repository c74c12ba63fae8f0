"""What messages are made of: MLflow's proto2 messages as structs."""

from enum import Enum
from typing import Annotated, Any, ClassVar, Self, dataclass_transform

import msgspec

__all__ = ("Int64", "Message", "RequiredText", "WireEnum")

Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""A number on the wire, both ways; text of digits is also read."""

RequiredText = Annotated[str, msgspec.Meta(min_length=1)]
"""For a field without a default: ``""`` counts as missing, as it does for MLflow."""


class MessageType(msgspec.StructMeta):
    """Makes each message frozen, with fields by name only: they stand in the order of their checks, required or not."""

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **config: Any) -> Any:
        """Msgspec passes most of a base's configuration on, and leaves ``kw_only`` to each class."""
        return super().__new__(mcls, name, bases, namespace, **{"kw_only": True, **config})


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Message(msgspec.Struct, metaclass=MessageType, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Base of all messages. A field that holds its default is not sent.

    Unknown fields are not an error for clients: ``forbid_unknown_fields`` only makes the quick decoder hand over to the tolerant one.
    ``older_names`` maps a field's former name to the field it stands for.
    """

    older_names: ClassVar[dict[str, str]] = {}


class WireEnum(Enum):
    """Base of enumerations: ``FINISHED = "FINISHED", 3``. Sent by name; read by name, or by number as old clients send it."""

    number: int

    def __new__(cls, name: str, number: int) -> Self:
        """The name is the value."""
        member = object.__new__(cls)
        member._value_ = name
        member.number = number
        return member
