"""How a case is named after its values: the same in every process.

pytest-xdist refuses to start where two workers name the cases differently, and a set of texts is
written in another order in each process.
"""

from pydantic import RootModel

__all__ = ["case_name"]


def case_name(value: object) -> str:
    """The value as Python writes it, sets in order, at most 60 characters."""
    if isinstance(value, RootModel):
        return f"{type(value).__name__}({case_name(value.root)})"
    if isinstance(value, set | frozenset):
        return f"{{{', '.join(sorted(map(repr, value)))}}}"[:60]
    return repr(value)[:60]
