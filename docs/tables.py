"""Writes the tables of the pages that come from the code: `python docs/tables.py`.

A test holds them to it.
"""

from pathlib import Path
from typing import Any

import rules
from textual.binding import Binding

from flowodm import errors, manifest, settings
from flowodm.health import metrics
from flowodm.tui.bindings import PLACES, bindings_of

PROFILES = (
    settings.BaseSettings,
    settings.LongRunningSettings,
    settings.BatchSettings,
    settings.RealTimeSettings,
    settings.HighThroughputSettings,
    settings.ReliableSettings,
)
DOCS = Path(__file__).parent
_KEY_NAMES = {
    "question_mark": "?",
    "right": "→",
    "left": "←",
    "up": "↑",
    "down": "↓",
    "space": "Space",
    "enter": "Enter",
    "escape": "Esc",
    "tab": "Tab",
}
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
        "manifests.md": _with("manifests.md", "keys", keys()),
        "deploying.md": _with("deploying.md", "metrics", figures()),
        "tui.md": _with("tui.md", "keys", bindings()),
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


def keys() -> str:
    """Return the tables of a manifest's keys, as its JSON Schema has them."""
    schema = manifest.manifest_schema()
    parts = (
        ("The manifest", schema),
        ("A loop", schema["$defs"]["LoopSettings"]),
        ("`retry` of a loop", schema["$defs"]["RetrySettings"]),
        ("`dead_letter` of a loop", schema["$defs"]["DeadLetterSettings"]),
        ("`health`", schema["$defs"]["HealthSettings"]),
    )
    return "\n\n".join(f"### {title}\n\n{_keys_of(part)}" for title, part in parts)


def _keys_of(part: dict[str, Any]) -> str:
    lines = ["| Key | | Default |", "|---|---|---|"]
    for name, key in part["properties"].items():
        words = key["description"]
        if "enum" in key:
            words += f" One of {', '.join(f'`{word}`' for word in key['enum'])}."
        is_needed = name in part.get("required", ())
        default = "**needed**" if is_needed else f"`{key['default']}`" if "default" in key else ""
        lines.append(f"| `{name}` | {words} | {default.replace('True', 'true')} |")
    return "\n".join(lines)


def figures() -> str:
    """Return the table of the figures that `/metrics` has."""
    lines = ["| Figure | |", "|---|---|"]
    for figure in metrics.FIGURES:
        name = f"{figure.name}_total" if figure.is_counter else figure.name
        lines.append(f"| `{name}` | {figure.help} |")
    for name, text in metrics.PARTITION_FIGURES:
        lines.append(f"| `{name}` | Label `partition` too. {text} |")
    lines.append(f"| `{metrics.REGISTRY_UP}` | {metrics.REGISTRY_HELP} |")
    return "\n".join(lines)


def bindings() -> str:
    """Return the tables of the inspector's keys, by where they count."""
    parts = []
    for title, owner in PLACES:
        rows = [
            f"| {_keys_text(binding)} | {binding.description} | `{binding.id}` |"
            for binding in bindings_of(owner)
            if binding.id
        ]
        head = f"### {title}\n\n| Keys | | Binding |\n|---|---|---|"
        parts.append("\n".join([head, *rows]))
    return "\n\n".join(parts)


def _keys_text(binding: Binding) -> str:
    names = binding.key_display or binding.key
    return " ".join(f"`{_KEY_NAMES.get(name, name)}`" for name in names.split(","))


def _values(profile: settings.BaseSettings) -> dict[str, object]:
    own = {name: getattr(profile, name) for name in _NOT_A_KEY}
    return profile.to_consumer_config() | profile._producer_config() | own


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
