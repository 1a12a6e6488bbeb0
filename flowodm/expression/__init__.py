"""CEL expressions over a decoded record: what they name, its values, and running them.

The language is CEL, run by a Rust library. That library copies everything it is handed, so an
expression is handed only the fields it names. Which records to show is `flowodm.query`'s matter.
"""

from flowodm.expression.expression import Expression, Facts, Outcome
from flowodm.expression.paths import MOST_NESTED, MOST_TEXT

__all__ = ["MOST_NESTED", "MOST_TEXT", "Expression", "Facts", "Outcome"]
