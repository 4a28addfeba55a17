"""What MkDocs does beyond its configuration: French pages say so, and no page loads anything from elsewhere."""

from __future__ import annotations

import logging
import re
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
