"""The documentation as a site: it builds without a warning, complete, and needs no network."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import flowodm
from flowodm import errors, exceptions
from tests.pages import ROOT

# One process builds it, once.
pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("docs-site")]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built pages; every warning of the build is an error."""
    directory = tmp_path_factory.mktemp("site")
    options = ["-q", "-W", "--keep-going", "-b", "html", "-d", str(directory / "doctrees")]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, str(ROOT / "docs"), str(directory / "html")],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return directory / "html"


def pages(site: Path) -> Mapping[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in site.glob("*.html")}


def test_every_page_is_built(site: Path):
    sources = {path.stem for path in (ROOT / "docs").glob("*.md")}
    assert {path.stem for path in site.glob("*.html")} >= sources


def test_the_reference_has_every_public_name(site: Path):
    reference = pages(site)["api.html"]
    old = set(exceptions.__all__) - set(errors.__all__)
    missing = [
        name
        for name in flowodm.__all__
        if name not in {"__version__", *old} and f'id="flowodm.{name}"' not in reference
    ]
    assert missing == []


def test_no_page_asks_another_host_for_anything(site: Path):
    asked = (
        r"""<(?:script|img|link|iframe)[^>]+(?:src|href)="(?:https?:)?//[^"]+"|url\(["']?https?:"""
    )
    files = [*site.rglob("*.html"), *site.rglob("*.css")]
    assert [path.name for path in files if re.search(asked, path.read_text("utf-8"))] == []


def test_every_link_between_pages_leads_somewhere(site: Path):
    found = pages(site)
    dead = [
        f"{name}: {target}#{anchor}"
        for name, text in found.items()
        for target, anchor in re.findall(r'href="([\w.-]+\.html)?(?:#([\w.-]+))?"', text)
        if (target and target not in found)
        or (anchor and f'id="{anchor}"' not in found[target or name])
    ]
    assert dead == []


def test_what_a_page_says_to_the_tests_stays_in_its_source(site: Path):
    articles = {name: text.partition("<article")[2] for name, text in pages(site).items()}
    assert "import signal" in re.sub(r"<[^>]+>", "", articles["consuming.html"])
    assert [name for name, text in articles.items() if "&lt;!--" in text or "<!-- " in text] == []


def test_a_docstring_s_code_is_shown_as_code(site: Path):
    reference = pages(site)["api.html"]
    block = re.search(r'<div class="highlight"><pre>.*?</pre>', reference, re.S)
    assert block is not None
    assert "Settings" in block[0]
    assert "```" not in reference
