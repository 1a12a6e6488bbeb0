"""What one value may cost to read, whatever its bytes say."""

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """The budgets of a decoder; going over one is an error at the value that does.

    The defaults keep a hostile value under about 100 MB, and are far from what people write.
    """

    depth: int = 200
    """Records, arrays and maps that may be open inside each other, skipped ones included."""
    nodes: int = 500_000
    """Values in all: items, keys, fields, and two for each record, skipped ones included.

    A decimal counts once more for every 16 places of its scale.
    """
    decimal_digits: int = 2_000
    """Digits of a decimal, and of its scale."""
