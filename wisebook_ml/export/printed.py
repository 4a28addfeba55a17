"""A report as PDF.

It uses the fonts that every reader of PDF has, which know the letters of western Europe; another letter is printed as a
question mark. The page and the CSV file have them all.
"""

import datetime as dt
from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from wisebook_ml.export.report import Counted, Report, Shown

__all__ = ["pdf_of", "printable"]

ENCODING = "windows-1252"
FONT = "Helvetica"
MARGIN = 16.0
LINE = 5.0
"""Millimetres."""

SHADES = {"critique": (143, 0, 0), "elevee": (194, 65, 0), "moyenne": (138, 109, 0)}
OTHER = (89, 89, 89)
RULE = (208, 208, 208)
COUNT = 16.0
"""Millimetres of a column of figures."""

SPACES = str.maketrans({"\u202f": "\xa0", "\u2009": " ", "\u2011": "-", "\u2212": "-", "\t": " "})


def printable(text: str) -> str:
    r"""Return a text in the letters of the fonts.

    Examples
    --------
    >>> printable("1\u202f200\xa0€ – Été"), printable("Ωmega\x00")
    ('1\xa0200\xa0€ – Été', '?mega')
    """
    plain = "".join(one for one in text.translate(SPACES) if one >= " " or one == "\n")
    return plain.encode(ENCODING, "replace").decode(ENCODING)


class Paragraph(NamedTuple):
    """A text and how it is printed."""

    text: str
    style: str = ""
    size: float = 10
    shade: tuple[int, int, int] = (26, 26, 26)


class _Document(FPDF):
    def __init__(self, report: Report) -> None:
        super().__init__(format="A4")
        self.core_fonts_encoding = ENCODING
        self._foot = printable(f"{report.company} – {report.period}")
        self._page_word = report.words["page"]
        self.set_margin(MARGIN)
        self.set_auto_page_break(True, MARGIN + LINE)

    def footer(self) -> None:
        """Print what a page belongs to, and its number."""
        self.set_y(-MARGIN)
        self.set_font(FONT, size=8)
        self.set_text_color(*OTHER)
        self.cell(0, LINE, f"{self._foot} – {self._page_word} {self.page_no()}/{{nb}}", align="C")

    def put_counts(self, name: str, counted: Counted) -> None:
        """Print how many there are of each, in two columns with the figures below one another."""
        self.ln(LINE / 2)
        self.put(name, style="B")
        self.set_font(FONT, size=10)
        self.set_text_color(26, 26, 26)
        self.set_draw_color(*RULE)
        gap, high = 2 * LINE, 1.1 * LINE
        wide = (self.epw - gap) / 2
        half = -(-len(counted) // 2)
        for left, right in zip_longest(counted[:half], counted[half:]):
            for told in filter(None, (left, right)):
                what, count = told
                self.cell(wide - COUNT, high, printable(what), border="B")
                self.cell(COUNT, high, str(count), border="B", align="R")
                self.cell(gap, high)
            self.ln(high)

    def put_whole(self, paragraphs: Sequence[Paragraph]) -> None:
        """Print paragraphs on one page, the next one where there is not enough left of this; long ones go on."""
        high = sum(self._height(one) for one in paragraphs)
        if self.will_page_break(high) and high < self.eph:
            self.add_page()
        for one in paragraphs:
            self.put(one.text, style=one.style, size=one.size, shade=one.shade)

    def _height(self, one: Paragraph) -> float:
        self.set_font(FONT, one.style, one.size)
        told = self.multi_cell(0, LINE * one.size / 10, printable(one.text), align="L", dry_run=True, output="HEIGHT")
        return float(told)  # type: ignore[arg-type]

    def put(self, text: str, *, style: str = "", size: float = 10, shade: tuple[int, int, int] = (26, 26, 26)) -> None:
        """Print a paragraph."""
        self.set_font(FONT, style, size)
        self.set_text_color(*shade)
        self.multi_cell(0, LINE * size / 10, printable(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def pdf_of(report: Report, now: dt.datetime) -> bytes:
    """Return a report as PDF, of which `now` is the date."""
    document = _Document(report)
    document.set_title(printable(f"{report.title} – {report.company}"))
    document.set_lang("fr-FR" if report.langue == "fr" else "en-GB")
    document.set_creation_date(now)
    document.add_page()
    words = report.words
    document.put(report.title, style="B", size=18)
    document.put(f"{report.company} – {report.period}", style="B")
    document.put(report.made, size=9, shade=OTHER)
    document.ln(LINE)
    document.put(words["summary"], style="B", size=13)
    document.put(f"{words['detections']}{words['colon']}{report.total}")
    for name, counted in report.counts:
        if counted:
            document.put_counts(name, counted)
    document.ln(LINE)
    document.put(words["detections"], style="B", size=13)
    if report.left_out:
        document.put(report.left_out)
    if not report.shown:
        document.put(words["none"])
    for one in report.shown:
        _put(document, one, words)
    return bytes(document.output())


def _put(document: _Document, one: Shown, words: dict[str, str]) -> None:
    document.ln(LINE / 2)
    told = [
        Paragraph(f"{one.title} – {one.severity}", "B", shade=SHADES.get(one.level, OTHER)),
        Paragraph(one.facts),
        *(Paragraph(f"• {reason}") for reason in one.reasons),
    ]
    for said in one.said:
        comment = f" – {said.comment}" if said.comment else ""
        told.append(Paragraph(f"{words['history']}{words['colon']}{said.what}{comment}"))
    if not one.said:
        told.append(Paragraph(words["no_verdict"], size=9, shade=OTHER))
    document.put_whole([*told, Paragraph(one.id, size=8, shade=OTHER)])
