"""What `tail` decodes records with: plain values, instances of made classes, or of a given one."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from flowodm.cli.output import Output
from flowodm.record import DecodedRecord, Record

if TYPE_CHECKING:
    from flowodm.cli.tail import TailRequest
    from flowodm.codec.style import Style
    from flowodm.registry import SchemaRegistry

__all__ = ["Decoders"]


class Decoders:
    """Makes the decoders of one run.

    Args:
        request: What was asked; its model is imported here, before anything is connected to.
        output: Where a schema that no class can be made of is told.

    Raises:
        UsageError: There is no such model.
    """

    def __init__(self, request: "TailRequest", output: Output) -> None:
        self._request = request
        self._output = output
        self._model = None
        if request.model is not None:
            from flowodm.sources.model_class import load_model

            said = f"--model {request.model}"
            self._model = load_model(request.model, output.message, said=said)

    def make(
        self, registry: "SchemaRegistry | None", style: "Style"
    ) -> Callable[[Record], DecodedRecord]:
        """Make what decodes records.

        Args:
            registry: Where schemas come from; None when there is none.
            style: What values become; the typed tree is that of instances, where there are some.
        """
        request = self._request
        if self._model is not None:
            from flowodm.cli.model_reading import GivenClass

            return GivenClass(self._model, registry, style=style, key=request.key_format).decode
        from flowodm.codec.codec import Codec

        compile_ = None
        if style.name == "tree":
            from flowodm.cli.model_reading import MadeClasses

            compile_ = MadeClasses(self._output.warn).compile
        key, value = request.key_format, request.value_format
        return Codec(registry, key=key, value=value, style=style, compile=compile_).decode
