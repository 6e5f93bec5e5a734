"""The guides of docs/guide/ as pages, for whoever has a server and not its repository."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec import Struct

_DOCS = Path(__file__).parents[1] / "docs"

PLACE = "/docs/guide"

INDEX = "README"

_BESIDE = ("conformance", "contract")
"""Pages of docs/ itself that are for them as well."""


class Guide(Struct, frozen=True):
    """One page: its title, and all below it as HTML."""

    title: str
    body: str


@cache
def guides() -> Mapping[str, Guide]:
    """Return all guides by name; none where only the packages were installed, without docs/."""
    files = [*sorted((_DOCS / "guide").glob("*.md")), *(_DOCS / f"{name}.md" for name in _BESIDE)]
    found = {path.stem: path for path in files if path.exists()}
    return {name: _drawn(path, frozenset(found)) for name, path in found.items()}


def _drawn(path: Path, names: frozenset[str]) -> Guide:
    # No HTML of its own, and links to what is served only: the pages are as strict as the reference.
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(path.read_text())
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor(tokens[place + 1].content))
        if token.children:
            token.children = _followed(token.children, names)
    title = next(tokens[place + 1].content for place, each in enumerate(tokens) if each.tag == "h1")
    return Guide(title, markdown.renderer.render(tokens, markdown.options, {}))


def _followed(parts: list[Token], names: frozenset[str]) -> list[Token]:
    """Lead links to where their page is served; leave the words alone of those that are not."""
    kept, is_dead = [], False
    for part in parts:
        if part.type == "link_open":
            address = address_of(str(part.attrGet("href")), names)
            is_dead = address is None
            part.attrSet("href", address or "")
        if not (is_dead and part.type in {"link_open", "link_close"}):
            kept.append(part)
        is_dead = is_dead and part.type != "link_close"
    return kept


def address_of(target: str, names: frozenset[str]) -> str | None:
    """Return where a link of a guide leads on this server; None where its page is only in the repository."""
    path, _, fragment = target.partition("#")
    name = path.rsplit("/", 1)[-1].removesuffix(".md")
    if path and name not in names:
        return None
    place = "" if not path else PLACE if name == INDEX else f"{PLACE}/{name}"
    return f"{place}#{fragment}" if fragment else place


def anchor(heading: str) -> str:
    """Return the anchor of a heading, as GitHub makes it."""
    kept = "".join(each for each in heading.lower() if each.isalnum() or each in " -_")
    return kept.replace(" ", "-")
