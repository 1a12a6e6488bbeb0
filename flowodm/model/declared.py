"""A Pydantic class with `Settings`: checked when it is made, tied to a connection when it is used.

The verbs stand on it: `produce.py`, `consume.py`, and `base.py`, which is what users inherit from.
"""

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar, Unpack, dataclass_transform, get_origin

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from flowodm.connection import KafkaConnection, get_kafka_connection
from flowodm.errors import SettingsError
from flowodm.model.declaration import Declaration, read_declaration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from confluent_kafka import Consumer, Producer
    from pydantic._internal._model_construction import ModelMetaclass

    from flowodm.settings import BaseSettings
else:
    ModelMetaclass = type(BaseModel)

__all__ = ["DeclaredModel"]


@dataclass_transform(kw_only_default=True, field_specifiers=(Field, PrivateAttr))
class _DeclaredModelType(ModelMetaclass):
    """Takes `Settings = Common` for `class Settings(Common)`: else Pydantic wants an annotation.

    Type checkers do not inherit what Pydantic's metaclass says of fields, so it is said again.
    """

    def __new__(
        mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any
    ) -> type:
        settings = namespace.get("Settings")
        own = f"{namespace.get('__qualname__', name)}.Settings"
        if isinstance(settings, type) and settings.__qualname__ != own:
            place = {"__module__": namespace["__module__"], "__qualname__": own}
            namespace = {**namespace, "Settings": type("Settings", (settings,), place)}
        made: type = super().__new__(mcs, name, bases, namespace, **options)
        return made


class DeclaredModel(BaseModel, metaclass=_DeclaredModelType):
    """What a class has before its verbs: settings, clients, and room for a message."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, extra="forbid")

    __slots__ = ("__message__",)
    """The message an instance came from, or what was made of it.

    It is no part of Pydantic's state: neither compared nor copied nor pickled.
    """

    __declaration__: ClassVar[Declaration | None] = None
    """The `Settings`, settled; None for an abstract class."""

    if TYPE_CHECKING:
        __message__: ClassVar[Any]  # a ClassVar, or it would be an argument of the class

    def __init_subclass__(cls, *, abstract: bool = False, **options: Unpack[ConfigDict]) -> None:
        """Refuse fields that have the name of a verb, before Pydantic looks at them.

        Args:
            abstract: Whether the class is only there to be inherited from: it needs no topic.
            options: Pydantic's own.
        """
        super().__init_subclass__(**options)
        annotations: dict[str, Any] = vars(cls).get("__annotations__", {})
        _check_field_names(
            cls, (name for name in annotations if not _is_constant(annotations[name]))
        )

    @classmethod
    def __pydantic_init_subclass__(cls, *, abstract: bool = False, **options: Any) -> None:
        """Read and check the `Settings`, now that the fields are known."""
        super().__pydantic_init_subclass__(**options)
        declaration = read_declaration(cls, cls.__pydantic_fields__)
        origin: Any = cls.__pydantic_generic_metadata__["origin"]
        if abstract or (origin is not None and origin.__declaration__ is None):
            cls.__declaration__ = None
            return
        if declaration is None:
            raise SettingsError(
                f"`{cls.__name__}` has no topic",
                hint='add `class Settings: topic = "…"` to it; if only others are made from it,'
                f" write `class {cls.__name__}(FlowBaseModel, abstract=True)`",
            )
        cls.__declaration__ = declaration
        _check_annotations(cls, declaration)

    @classmethod
    def get_connection(cls) -> KafkaConnection:
        """Return the connection of this class. Override it for a second cluster."""
        return get_kafka_connection()

    @classmethod
    def get_producer(cls) -> "Producer":
        """Return the client that records of this class are sent with.

        Override it for one of your own: every verb then sends with that.
        """
        from flowodm.model.attached import shared_client

        return shared_client(cls)

    @classmethod
    async def get_async_producer(cls) -> "Producer":
        """Return the client that the async verbs send with: by default `get_producer`'s.

        Override it for another one of `confluent_kafka.Producer`.
        """
        return await asyncio.to_thread(cls.get_producer)

    @classmethod
    def get_consumer(
        cls,
        group_id: str | None = None,
        settings: "BaseSettings | type[BaseSettings] | None" = None,
    ) -> "Consumer":
        """Make a consumer for this class, which is subscribed to nothing yet.

        Override it for one of your own: every consume verb then reads with that.

        Args:
            group_id: The group, in place of the `consumer_group` of `Settings`.
            settings: A profile, in place of theirs.
        """
        from flowodm.model.attached import new_consumer

        return new_consumer(cls, group_id, settings)

    @classmethod
    async def get_async_consumer(
        cls,
        group_id: str | None = None,
        settings: "BaseSettings | type[BaseSettings] | None" = None,
    ) -> "Consumer":
        """Make a consumer for the async verbs: by default `get_consumer`'s.

        Override it for another one of `confluent_kafka.Consumer`.
        """
        return await asyncio.to_thread(cls.get_consumer, group_id, settings)


def _check_field_names(cls: type[DeclaredModel], names: "Iterable[str]") -> None:
    ours = cls.__mro__[1 : cls.__mro__.index(BaseModel)]
    for name in names:
        if name == "Settings" or any(
            name in vars(base) and base.__module__.startswith(__package__) for base in ours
        ):
            raise SettingsError(
                f"`{cls.__name__}.{name}` cannot be a field: the name is `FlowBaseModel`'s own",
                hint=f'give it another name, and this one in Kafka: `Field(alias="{name}")`',
            )


def _is_constant(annotation: object) -> bool:
    """Tell whether an annotation, evaluated or not, says that the class owns the attribute."""
    if isinstance(annotation, str):
        return "ClassVar" in annotation
    return annotation is ClassVar or get_origin(annotation) is ClassVar


def _check_annotations(cls: type[DeclaredModel], declaration: Declaration) -> None:
    """Derive the schema, so that an annotation without a meaning is met where it stands.

    Not yet for a class that waits for another to be defined, or for its type parameters.
    """
    is_open = cls.__pydantic_generic_metadata__["parameters"]
    if declaration.value_serializer == "avro" and cls.__pydantic_complete__ and not is_open:
        from flowodm.avro.bind import bind

        bind(cls)
