"""Values at the bounds of what a type holds, and what else tends to go wrong."""

TEXTS = (
    "",
    "a",
    "ä€😀",
    'quote " and \\',
    "line\nbreak\ttab\x00nul\x1b[2J\x7f",
    "‮bidi\u2028\ufeff",
    "long " * 20,
)
INTS = (0, 1, -1, 63, 64, -64, -65, 8191, 8192, 2**31 - 1, -(2**31))
LONGS = (*INTS, 2**31, 2**53 + 1, 2**62, 2**63 - 1, -(2**63))
FLOATS = (0.0, -0.0, 1.0, -1.5, 0.1, 1e-10, 1e10, 1e300, 5e-324, 123456789.125)
