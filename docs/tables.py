"""Writes the tables of the pages that come from the code: `python docs/tables.py`.

A test holds them to it.
"""

from pathlib import Path

import rules

from flowodm import errors, settings

PROFILES = (
    settings.BaseSettings,
    settings.LongRunningSettings,
    settings.BatchSettings,
    settings.RealTimeSettings,
    settings.HighThroughputSettings,
    settings.ReliableSettings,
)
DOCS = Path(__file__).parent
_NOT_A_KEY = (
    *("max_poll_records", "assignment_timeout", "concurrency"),
    *("revoke_drain_timeout", "shutdown_timeout"),
)
"""Fields that are FlowODM's own."""


def main() -> None:
    for name, text in pages().items():
        (DOCS / name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """Return the pages that hold a table, with it as the code has it."""
    return {
        "settings.md": _with("settings.md", "profiles", profiles()),
        "errors.md": _with("errors.md", "tree", tree()),
        "evolving-schemas.md": _with(
            "evolving-schemas.md", "changes", rules.changes(), "reasons", rules.reasons()
        ),
    }


def _with(page: str, *tables: str) -> str:
    """Return a page with tables in their places: a name, its table, and so on."""
    text = (DOCS / page).read_text(encoding="utf-8")
    for name, table in zip(tables[::2], tables[1::2], strict=True):
        start, end = f"<!-- {name} -->\n", "\n<!-- end -->"
        before, found, after = text.partition(start)
        assert found, (page, name)
        text = f"{before}{start}\n{table}\n{end}{after[after.index('<!-- end -->') + 12:]}"
    return text


def tree() -> str:
    """Return the tree of the errors, as their module draws it."""
    assert errors.__doc__ is not None
    return "```text" + errors.__doc__.split("```")[1] + "```"


def profiles() -> str:
    """Return the table of the profiles: a row for each key or field, a column for each profile."""
    columns = [_values(profile()) for profile in PROFILES]
    names = [profile.__name__.removesuffix("Settings") for profile in PROFILES]
    lines = [f"| | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for key in columns[0]:
        first, *others = (column[key] for column in columns)
        cells = [_shown(first), *("·" if other == first else _shown(other) for other in others)]
        lines.append(f"| `{key}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def _values(profile: settings.BaseSettings) -> dict[str, object]:
    own = {name: getattr(profile, name) for name in _NOT_A_KEY}
    return profile.to_consumer_config() | profile._producer_config() | own


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
