"""The source that reads or skips the blocks of an array or a map."""

from collections.abc import Callable
from typing import Final, TypeAlias

from flowodm.codec.source import Function

__all__ = ["Bulk", "write_blocks"]

_BULK_FROM: Final = 8

Bulk: TypeAlias = Callable[[str], tuple[str, ...]]
"""The statements that read as many items at once as the variable of that name says."""


def write_blocks(
    function: Function,
    smallest: int,
    weight: int,
    one: Callable[[], None],
    *,
    bulk: Bulk | None = None,
    jump: bool = False,
) -> None:
    """Write the loop over the blocks, up to the empty one that ends them.

    Args:
        function: Where to.
        smallest: The bytes that an item takes at least.
        weight: The nodes that an item is made of at least.
        one: Writes what is done for one item.
        bulk: Reads many items at once.
        jump: Whether to jump over the blocks whose size is written.
    """
    count, end = function.fresh("c"), function.fresh("e")
    with function.block("while True:"):
        function.emit(f"{count} = data[p]", "p += 1", f"if not {count}: break")
        with function.block(f"if {count} & 129:"):
            least = function.constants.add(smallest)
            function.emit(f"{count}, p, {end} = BLOCK(data, p - 1, {least})")
            function.emit(f"if not {count}: break")
            if jump:
                with function.block(f"if {end}:"):
                    function.emit(f"p = {end}", "continue")
        with function.block("else:"):
            function.emit(f"{count} >>= 1")
            if not jump:
                function.emit(f"{end} = 0")
        function.charge(f"{count} * {function.constants.add(weight)}")
        _write_items(function, count, one, bulk)
        if not jump:
            function.emit(f"if {end} and p != {end}: raise FAIL")


def _write_items(
    function: Function, count: str, one: Callable[[], None], bulk: Bulk | None
) -> None:
    loop = f"for _ in repeat(None, {count}):"
    if bulk is None:
        with function.block(loop):
            one()
        return
    with function.block(f"if {count} > {_BULK_FROM}:"):
        function.emit(*bulk(count))
    with function.block("else:"), function.block(loop):
        one()
