"""What MkDocs does beyond its configuration.

French pages say so, no page loads anything from elsewhere, links to files beside ``docs/`` become their paths, and
diagrams that only a forge draws are folded up.
"""

from __future__ import annotations

import logging
import posixpath
import re
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.structure.pages import Page

log = logging.getLogger("mkdocs.hooks")

FRENCH = "fr/"
"""Folder of the French pages, for people who read no English."""

LOADED = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?(?P<src>(?:https?:)?//[^"'\s>]+)"""
    r"""|<link\b(?![^>]*\brel=["']?canonical)[^>]*\bhref=["']?(?P<href>(?:https?:)?//[^"'\s>]+)""",
    re.IGNORECASE,
)
"""Addresses on other servers that a browser fetches by itself; links that a reader may follow are none."""


OUTWARD = re.compile(r"(?<!!)\[(?P<text>[^\]]+)\]\((?P<link>(?:\.\./)+[^)\s]+)\)")
"""Links that may lead out of ``docs/``: to files of the repository, which the site does not have."""


MERMAID = re.compile(r"^```mermaid\n(?P<source>.*?)^```$", re.MULTILINE | re.DOTALL)
"""Diagrams as text: a forge draws them; the theme would load the program that does from another server."""


def with_folded_diagrams(markdown: str) -> str:
    """Return a page in which each diagram is its text, to be opened by who wants to read it."""

    def folded(match: re.Match[str]) -> str:
        text = textwrap.indent(f"```text\n{match['source']}```", "    ")
        return f'??? note "The diagram, as text (Mermaid)"\n\n{text}'

    return MERMAID.sub(folded, markdown)


def with_paths(markdown: str, src_uri: str) -> str:
    """Return a page in which links out of ``docs/`` are the paths that they lead to, from the top of the repository.

    Parameters
    ----------
    markdown, src_uri : str
        The page, and its path below ``docs/``.
    """

    def path_of(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(src_uri), match["link"]))
        if not target.startswith("../"):
            return match[0]
        path = target.removeprefix("../")
        return f"`{path}`" if match["text"].strip("`/") == path else f"{match['text']} (`{path}`)"

    return OUTWARD.sub(path_of, markdown)


def on_page_markdown(markdown: str, *, page: Page, **_: object) -> str:
    """Name files that the site does not have, and fold up what it cannot draw."""
    return with_folded_diagrams(with_paths(markdown, page.file.src_uri))


def loaded_from_elsewhere(html: str) -> list[str]:
    """Return what a browser that shows this page would fetch from other servers."""
    return [match["src"] or match["href"] for match in LOADED.finditer(html)]


def on_post_page(output: str, *, page: Page, **_: object) -> str:
    """Say in which language a page is; warn, which fails a strict build, where it loads something from elsewhere."""
    for address in loaded_from_elsewhere(output):
        log.warning("%s loads %s from another server; the site must work without one", page.file.src_uri, address)
    if page.file.src_uri.startswith(FRENCH):
        output = re.sub(r'<html lang="[a-z]+"', '<html lang="fr"', output, count=1)
    return output
