"""What decoded values look like: the protocol that the decoder follows, and Python's own values.

The JSON form and the tree that a terminal shows are other styles, beside their own users.
"""

from typing import Final, Protocol

from flowodm.avro.types import Type, Union
from flowodm.avro.values import Convert, Duration, Refused, conversion

__all__ = ["PHYSICAL", "VALUES", "Convert", "Duration", "Refused", "Style"]


class Style(Protocol):
    """How physical values become the values that a caller wants.

    Whatever it makes of a primitive, a fixed or an enum symbol must not be changeable: the
    decoder makes the value of a symbol or of a default once, and shares it between records.
    """

    @property
    def name(self) -> str:
        """The style's name, for messages: what a value could not be shown as."""

    def convert(self, node: Type) -> Convert | None:
        """What to do with the physical value of a node of the reader that is no union.

        It is None, bool, int, float, bytes or str; a symbol for an enum; a dict by field name
        for a record; a list; a dict. The style may keep and change the containers.

        Returns:
            The conversion; None keeps the value, and costs nothing.
        """

    def branch(self, union: Union, index: int) -> Convert | None:
        """What to do with the converted value of one branch of the reader's union."""


class _Physical:
    """Every value as it was written; no logical type is converted."""

    name = "physical"

    def convert(self, node: Type) -> Convert | None:
        return None

    def branch(self, union: Union, index: int) -> Convert | None:
        return None


class _Values(_Physical):
    """Python's values of the logical types; the raw value where Python has none for it."""

    name = "values"

    def convert(self, node: Type) -> Convert | None:
        return conversion(node)


PHYSICAL: Final[Style] = _Physical()
VALUES: Final[Style] = _Values()
