"""Values read as instances of Pydantic classes: of one made of each schema, or of a given one.

A class made of a schema takes what its records hold; what it does not take is shown as the bytes
say, with the reason. A class that the user names decides: what it does not take did not decode.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NoReturn

from pydantic import BaseModel, ValidationError

from flowodm.avro import build_model
from flowodm.avro.bind import bind
from flowodm.avro.types import Record
from flowodm.codec.codec import Codec, Format
from flowodm.codec.decode import Decode, Decoder, compile_decoder
from flowodm.codec.failure import DecodeFailure
from flowodm.codec.model_style import model_style, problems
from flowodm.display.tree import TREE, Noted, tells_more
from flowodm.record import Decoded, DecodedRecord, Undecodable
from flowodm.record import Record as KafkaRecord

if TYPE_CHECKING:
    from flowodm.avro import Schema
    from flowodm.codec.style import Style
    from flowodm.registry import SchemaRegistry

__all__ = ["GivenClass", "MadeClasses"]

_MOST_FIELDS: Final = 500
"""Of one schema: making classes of more would keep its first record waiting."""
_MOST_FIELDS_IN_ALL: Final = 10_000
"""Of all schemas of a run: a class takes some six kilobytes for each."""


class MadeClasses:
    """Reads values as instances of classes that are made of their schemas, one for each.

    Args:
        warn: Told of a schema that no class can be made of.
    """

    def __init__(self, warn: Callable[[str], None]) -> None:
        self._warn = warn
        self._left = _MOST_FIELDS_IN_ALL

    def compile(self, writer: "Schema") -> Decoder:
        """Make the decoder of what a schema wrote: it gives instances, or typed trees."""
        fields = _count_fields(writer)
        if not tells_more(writer) and fields <= min(_MOST_FIELDS, self._left):
            self._left -= fields
            try:
                return _decoder_of_made(writer)
            except Exception as error:  # noqa: BLE001  # Pydantic's limits, met by a stranger
                reason = str(error).partition("\n")[0] or type(error).__name__
                self._warn(f"no class can be made of the schema `{writer.name}`: {reason}")
        return compile_decoder(writer, style=TREE)


def _count_fields(schema: "Schema") -> int:
    return sum(len(node.fields) for node in schema.names.values() if isinstance(node, Record))


def _decoder_of_made(writer: "Schema") -> Decoder:
    made = build_model(writer)
    binding = bind(made)
    decoder = compile_decoder(writer, binding.schema, style=model_style(binding))
    read, validate = decoder.decode, made.__pydantic_validator__.validate_python

    @cache
    def tree() -> Decode:
        return compile_decoder(writer, style=TREE).decode

    def decode(data: bytes, start: int = 0) -> Any:
        try:
            return validate(read(data, start))
        except ValidationError as error:
            reason = problems(error, made)
        except DecodeFailure as failure:
            reason = failure.reason
        return Noted(tree()(data, start), reason)  # bytes that are no value fail here again

    return Decoder(decode, writer, decoder.source)


class GivenClass:
    """Reads records' values as one class, in the form that its `Settings` say.

    Args:
        model: The class.
        registry: Where schemas come from; None when there is none.
        style: What values become once the class has taken them; `TREE` wants the instances.
        key: What keys are.
    """

    def __init__(
        self,
        model: type[BaseModel],
        registry: "SchemaRegistry | None",
        *,
        style: "Style",
        key: Format = "auto",
    ) -> None:
        self._model = model
        self._binding = bind(model)
        self._style = style
        form, self._finish = self._form()
        self._codec = Codec(registry, key=key, value=form, style=style, compile=self._compile)

    def decode(self, record: KafkaRecord) -> DecodedRecord:
        """Decode a record, as `Codec.decode` does."""
        decoded = self._codec.decode(record)
        data, value = record.value, decoded.value
        if self._finish is None or data is None or isinstance(value, Undecodable):
            return decoded
        try:
            return decoded._replace(value=self._finish(data, value))
        except DecodeFailure as failure:
            error, path = failure.under("value"), failure.path
            return decoded._replace(
                value=Undecodable(error, data, position=failure.position, path=path)
            )

    def _form(self) -> "tuple[Format, Callable[[bytes, Decoded], Decoded] | None]":
        """How values are framed, and what makes instances of those that are not framed Avro."""
        from flowodm.model import FlowBaseModel

        declaration = None
        if issubclass(self._model, FlowBaseModel):
            declaration = self._model.__declaration__
        if declaration is None or declaration.is_framed:
            return "avro", None
        if declaration.value_serializer == "json":
            return "json", self._of_json
        from flowodm.model.schemas import own_schema

        self._raw = self._compile(own_schema(self._model, declaration)).decode
        return "base64", self._of_raw

    def _compile(self, writer: "Schema") -> Decoder:
        schema, style = self._binding.schema, self._style
        decoder = compile_decoder(writer, schema, style=model_style(self._binding))
        read, check = decoder.decode, self._check
        if style is TREE:
            return Decoder(lambda data, start=0: check(read(data, start)), schema, decoder.source)
        styled = compile_decoder(writer, schema, style=style).decode

        def decode(data: bytes, start: int = 0) -> Any:
            check(read(data, start))
            return styled(data, start)

        return Decoder(decode, schema, decoder.source)

    def _check(self, values: Any) -> BaseModel:
        try:
            validator = self._model.__pydantic_validator__
            instance: BaseModel = validator.validate_python(values, strict=False)
        except Exception as error:  # noqa: BLE001  # a user's own validator may raise anything
            self._refuse(error)
        return instance

    def _of_json(self, data: bytes, decoded: Decoded) -> Decoded:
        try:
            instance = self._model.__pydantic_validator__.validate_json(data)
        except Exception as error:  # noqa: BLE001  # a user's own validator may raise anything
            self._refuse(error)
        return Decoded(instance if self._style is TREE else decoded.value, "json")

    def _of_raw(self, data: bytes, decoded: Decoded) -> Decoded:
        return Decoded(self._raw(data, 0), "avro", None, self._binding.schema)

    def _refuse(self, error: Exception) -> NoReturn:
        if isinstance(error, ValidationError):
            raise _Refused(problems(error, self._model)) from error
        reason = str(error).partition("\n")[0]
        raise _Refused(
            f"`{self._model.__name__}` fails: {type(error).__name__}: {reason}"
        ) from error


class _Refused(DecodeFailure):
    """A value that the bytes hold and a class does not take: no byte is to blame."""

    def __init__(self, reason: str) -> None:
        super().__init__("value", reason, position=0)
        self.position = None

    def under(self, root: str) -> str:
        return self.reason
