"""How texts, values and records look in the columns of a terminal; both faces stand on it.

Values in, lines of text out; nothing here prints, and nothing knows rich or textual. `sanitize` is
the one sanitizer, `text` measures and cuts, `tree`, `instances` and `layout` draw values, `sides`
words a record's key and value, `plan` a plan and a drift.
"""
