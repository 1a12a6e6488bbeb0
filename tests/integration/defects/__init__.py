"""The 29 defects of flowodm 0.3.1: one test each, which says what 0.3.1 did and would fail on it."""
