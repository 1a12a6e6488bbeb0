"""Sphinx's configuration: the pages as they are here, and the API from docstrings. No network."""

import re
from typing import Any

from docutils import nodes

from flowodm import __version__

project = "FlowODM"
author = "The FlowODM authors"
copyright = "The FlowODM authors"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3
default_role = "literal"  # docstrings say `name`, as Markdown does

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
autodoc_preserve_defaults = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False

html_theme = "furo"
html_title = f"FlowODM {release}"
html_copy_source = False
html_show_sphinx = False
html_show_sourcelink = False
pygments_style = "tango"
pygments_dark_style = "monokai"

_SECTION = re.compile(r"(Args|Returns|Raises|Yields|Example|Examples|Attributes):$")


def setup(app: Any) -> None:
    """Read docstrings as they are written, in Markdown's way; keep comments to the source."""
    app.connect("autodoc-process-docstring", _as_restructured_text, priority=100)
    app.connect("doctree-read", _without_comments)


def _without_comments(app: Any, page: nodes.document) -> None:
    """Leave out what a page says to the tests alone."""
    for node in list(page.findall(nodes.raw)):
        if node.astext().startswith("<!--"):
            node.parent.remove(node)


def _as_restructured_text(
    app: Any, what: str, name: str, of: Any, options: Any, lines: list[str]
) -> None:
    lines[:] = _marked(_unfenced(lines))


def _unfenced(lines: list[str]) -> list[str]:
    """Indent what stands between fences, and leave the fences out."""
    inside, found = False, []
    for line in lines:
        if line.lstrip().startswith("```"):
            inside = not inside
            found.append("")
        else:
            found.append(f"    {line}" if inside else line)
    return found


def _marked(lines: list[str]) -> list[str]:
    """Say of indented blocks that they are code."""
    found: list[str] = []
    above = ""
    for line in lines:
        is_code = line.startswith("    ") and not found[-1:][0].strip() if found else False
        if is_code and above and not above.startswith(" ") and not _SECTION.match(above):
            found += ["::", ""]
        found.append(line)
        above = line if line.strip() else above
    return found
