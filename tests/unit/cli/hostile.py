"""Texts that try to move a cursor, hide, read backwards, or pass for markup."""

HOSTILE_TEXTS = (
    "\x1b[2J\x1b[H",
    "\x1b]52;c;aGVsbG8=\x07",
    "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "\x1b]0;title\x07",
    "\x9b31mC1",
    "\x9d0;title\x9c",
    "\r overwritten",
    "bell\x07 back\x08space vertical\x0b form\x0c",
    "nul\x00 del\x7f",
    "line\nfeed\ttab",
    "next\x85line",
    "para\u2029graph line\u2028sep",
    "abc\u202egnp.exe",
    "iso\u2066late\u2069 mark\u200f\u061c",
    "zero\u200bwidth\u200c\u200d\ufeff",
    "tag\U000e0041\U000e007f",
    "soft\u00adhyphen",
    "variation\ufe0f selector\U000e0100",
    "lone \ud800 and \udfff",
    "[red]markup[/red] [/nope] [@click=app.bell]x[/] [link=http://evil]y[/link]",
    "{{7*7}} ${HOME} %(name)s %s {0}",
    "‮",
    "ﾠfiller\u3164",
    "interlinear\ufff9a\ufffab\ufffb",
)
"""Each has something that must not reach a terminal, or that another renderer would act on."""

MUST_NOT_SHOW = frozenset(
    chr(code)
    for span in (
        (0x00, 0x09),
        (0x0B, 0x1F),
        (0x7F, 0x9F),
        (0xAD, 0xAD),
        (0x61C, 0x61C),
        (0x200B, 0x200F),
        (0x2028, 0x202E),
        (0x2060, 0x206F),
        (0xFE00, 0xFE0F),
        (0xFEFF, 0xFEFF),
        (0xFFF9, 0xFFFB),
        (0xD800, 0xDFFF),
        (0xE0000, 0xE0FFF),
    )
    for code in range(span[0], span[1] + 1)
)
"""All but the line feed: what no stream may hold, colours aside."""
