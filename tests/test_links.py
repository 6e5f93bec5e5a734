"""The links of every page of this repository lead somewhere: to a file, and to a heading of it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "openapi").glob("*.md")),
]

_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`[^`\n]*`")


def links(page: Path) -> list[str]:
    """Return the targets of a page's links, without those of other hosts."""
    text = _CODE.sub("", _FENCE.sub("", page.read_text()))
    return [each for each in _LINK.findall(text) if not re.match(r"[a-z]+:", each)]


def headings(page: Path) -> set[str]:
    """Return the anchors of a page, as GitHub makes them of its headings."""
    words = re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in words}


def leads_nowhere(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    there = (page.parent / path).resolve() if path else page
    return not there.exists() or bool(anchor and anchor not in headings(there))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_to_a_file_and_a_heading(page: Path) -> None:
    assert [each for each in links(page) if leads_nowhere(page, each)] == []


def test_links_are_found_and_a_dead_one_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A title, here\n[a](other.md) [b](#a-title-here) [c](page.md#none) `[d](e)` [f](https://g.h)\n"
    )
    assert links(page) == ["other.md", "#a-title-here", "page.md#none"]
    assert [leads_nowhere(page, each) for each in links(page)] == [True, False, True]
