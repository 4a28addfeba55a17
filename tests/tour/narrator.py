"""Who tells of the scenario: nobody in a test; on the terminal, and on a page with pictures, to a person."""

import html
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page
from rich.console import Console
from rich.table import Table

PAGE = "index.html"

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #1d2433 }
h2 { margin-top: 2.5rem; border-top: 1px solid #d5dae3; padding-top: 1.5rem }
table { border-collapse: collapse; margin: 1rem 0 } th, td { padding: .25rem .8rem; border-bottom: 1px solid #d5dae3 }
th { text-align: left } td + td { font-variant-numeric: tabular-nums }
figure { margin: 1rem 0 } img { max-width: 100%; border: 1px solid #d5dae3; border-radius: 6px }
figcaption, small { color: #5a6478 }
"""


class Narrator:
    """Tells nothing; those who tell something inherit."""

    def place(self, address: str, token: str) -> None:
        """Tell where the dashboard is, and what lets in."""

    def chapter(self, title: str) -> None:
        """Begin another step."""

    def say(self, text: str) -> None:
        """Tell what is seen, and why it matters."""

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Show some figures."""

    def picture(self, page: Page, name: str, caption: str) -> None:
        """Show a page as it is now."""


@dataclass
class Aloud(Narrator):
    """Tells a person: prints, keeps pictures, and writes it all down as a page.

    Parameters
    ----------
    folder : Path
        Where pictures and page go; what an earlier tour has left there is removed.
    pause : bool
        Whether to wait for Enter before each step.
    """

    folder: Path
    pause: bool = False
    console: Console = field(default_factory=lambda: Console(highlight=False))
    _story: list[str] = field(default_factory=list)
    _chapters: int = 0
    _begun: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    def place(self, address: str, token: str) -> None:
        self.console.print(f"Dashboard: {address}/   sign in with {token}", markup=False, soft_wrap=True)

    def chapter(self, title: str) -> None:
        if self.pause and self._chapters:
            self.console.input("[dim]Enter to go on[/dim] ")
        self._chapters += 1
        numbered = f"{self._chapters}. {title}"
        self.console.print(f"\n[bold]{numbered}[/bold]  [dim]{time.monotonic() - self._begun:.0f} s[/dim]")
        self._story.append(f"<h2>{html.escape(numbered)}</h2>")
        self._write()

    def say(self, text: str) -> None:
        self.console.print(f"  {text}", markup=False, soft_wrap=True)
        self._story.append(f"<p>{html.escape(text)}</p>")

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        table = Table(*heads, box=None, pad_edge=False, padding=(0, 2))
        for row in rows:
            table.add_row(*map(str, row))
        self.console.print(table)
        told = ["".join(f"<th>{html.escape(head)}</th>" for head in heads)]
        told += ["".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) for row in rows]
        self._story.append(f"<table>{''.join(f'<tr>{row}</tr>' for row in told)}</table>")

    def picture(self, page: Page, name: str, caption: str) -> None:
        path = self.folder / f"{self._chapters:02}-{name}.png"
        page.screenshot(path=path)
        self.console.print(f"  [picture] {caption}: {os.path.relpath(path)}", style="dim", markup=False, soft_wrap=True)
        said = html.escape(caption)
        self._story.append(
            f'<figure><img src="{path.name}" alt="{said}"><figcaption>{said}<br>'
            f"<small>{html.escape(page.url)}</small></figcaption></figure>"
        )

    def end(self) -> Path:
        """Write the page; returns where it is."""
        return self._write()

    def _write(self) -> Path:
        path = self.folder / PAGE
        title = "A day in the life of wisebook_ml"
        path.write_text(
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
            f"<h1>{title}</h1>{''.join(self._story)}</html>"
        )
        return path
