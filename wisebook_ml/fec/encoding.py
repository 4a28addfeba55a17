"""Finds out how a file is written down: its encoding and its line ends, from all of its bytes.

A FEC names neither. UTF-8 proves itself (other encodings hardly ever are valid UTF-8); between the one-byte
encodings, Windows-1252, ISO 8859-15 and DOS code page 850, the one wins in which the accents make French words.
"""

import codecs
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from wisebook_ml.fec.exceptions import NotAFecError

__all__ = ["BLOCK", "Scan", "blocks", "scan"]

BLOCK = 1 << 20
"""Bytes read at once: memory stays near it, however long a line is."""

ONE_BYTE = ("cp1252", "iso8859-15", "cp850")
"""Candidates when the file is not UTF-8; the first wins a tie (the three share ASCII, the first two most letters)."""

SAMPLE = 100_000
"""Accented places looked at to choose between them; a few dozen would do."""

MOSTLY = 0.9
"""Share of accented places that are valid UTF-8 above which the file is UTF-8 with a few damaged lines."""

BINARY_SHARE = 0.02
"""Share of control characters in the first block above which a file is no text. Texts have none at all."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SIGNATURES = (
    (b"%PDF", "a PDF document", "un document PDF"),
    (b"PK\x03\x04", "a ZIP archive or an Office document (xlsx, ods, ...)", "une archive ZIP ou un document xlsx"),
    (b"\xd0\xcf\x11\xe0", "an old Office document (xls, doc)", "un ancien document Office (xls, doc)"),
    (b"\x1f\x8b", "a gzip archive", "une archive gzip"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "une archive 7z"),
    (b"Rar!", "a RAR archive", "une archive RAR"),
    (b"\x89PNG", "an image", "une image"),
    (b"\xff\xd8\xff", "an image", "une image"),
    (b"<?xml", "an XML file (only the flat FEC is read)", "un fichier XML (seul le FEC à plat est lu)"),
)
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x19\x1b-\x1f]")  # without tab, LF, FF, CR and the DOS end of file
_HIGH = re.compile(rb"[\x80-\xff]+")

# How much a character speaks for its encoding: the letters of French by frequency, then signs ledgers use.
_WEIGHTS = {
    **dict.fromkeys("éè", 4),
    **dict.fromkeys("àêçôîûùâÉÈÀÇÊ", 3),
    **dict.fromkeys("ëïœüöäÔÎÂÛÙŒËÏ°€’", 2),
    **dict.fromkeys("ÄÖÜæÆ«»\u00a0–²§ñ", 1),
    **dict.fromkeys("…“”‘µ®©£áíóúãõÿ", 0),
}
_STRANGE = -2
"""For every other character: box drawing, fractions, letters French does not have."""


class Scan(NamedTuple):
    """What the bytes of a file say."""

    size: int
    encoding: str
    """Name of a Python codec."""
    bom: int
    """Bytes of the byte order mark."""
    fallback: str
    """Codec for the lines that `encoding` cannot decode."""
    feeds: int
    """Line feeds, in CRLF or alone."""
    returns: int
    """Carriage returns without a line feed."""
    high: bool
    """Whether there is any byte beyond ASCII."""
    controls: bool
    """Whether there are bytes from 0x80 to 0x9F: Windows-1252 has characters there, ISO 8859-15 none."""


def scan(path: Path) -> Scan:
    """Read a file once (twice if it is not UTF-8) and say how it is written down.

    Raises
    ------
    NotAFecError
        The file is empty or something else than text.
    """
    with path.open("rb") as file:
        head = file.read(BLOCK)
    if not head:
        raise NotAFecError(path, "the file is empty", "le fichier est vide")
    for signature, english, french in _SIGNATURES:
        if head.startswith(signature):
            raise NotAFecError(
                path,
                f"not a FEC: this is {english}; export the ledger as a text file",
                f"pas un FEC : c'est {french} ; exporter la comptabilité en fichier texte",
                line=1,
            )
    encoding, bom = next(((name, len(mark)) for mark, name in _BOMS if head.startswith(mark)), ("", 0))
    if not bom and len(head) > 1 and not any(head[1:200:2]) and all(head[0:200:2]):
        encoding = "utf-16-le"
    if not encoding.startswith("utf-16") and len(_CONTROL.findall(head)) > BINARY_SHARE * len(head):
        raise NotAFecError(
            path,
            "not a FEC: this is a binary file, not a text",
            "pas un FEC : c'est un fichier binaire, pas un texte",
            line=1,
        )
    size = feeds = returns = 0
    high = controls = False
    valid = True
    utf8 = codecs.getincrementaldecoder("utf-8")()
    held = b""
    for block in blocks(path, encoding, bom):
        size += len(block)
        feeds += block.count(b"\n")
        returns += block.count(b"\r") - block.count(b"\r\n") - (held == b"\r" and block[:1] == b"\n")
        held = block[-1:]
        if not block.isascii():
            high = True
            controls = controls or re.search(rb"[\x80-\x9f]", block) is not None
        if valid:
            try:
                utf8.decode(block)
            except UnicodeDecodeError:
                valid = False
    if valid and not encoding:
        try:
            utf8.decode(b"", final=True)
        except UnicodeDecodeError:
            valid = False
    fallback = "cp1252"
    if encoding in ("", "utf-8") and not valid:
        share, fallback = _one_byte(path)
        encoding = "utf-8" if encoding or share > MOSTLY else fallback
    return Scan(size, encoding or "utf-8", bom, fallback, feeds, returns, high, controls)


def blocks(path: Path, encoding: str, bom: int, on_progress: Callable[[int], None] | None = None) -> Iterator[bytes]:
    """Yield the bytes of a file without its byte order mark; UTF-16 comes out as UTF-8.

    Parameters
    ----------
    path : Path
        The file.
    encoding : str
        Name of a Python codec.
    bom : int
        Bytes to leave out at the start.
    on_progress : callable, optional
        Told the number of bytes read, after each block.
    """
    decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding.startswith("utf-16") else None
    with path.open("rb") as file:
        file.seek(bom)
        while block := file.read(BLOCK):
            yield block if decoder is None else decoder.decode(block).encode("utf-8", "replace")
            if on_progress is not None:
                on_progress(len(block))
    if decoder is not None and (rest := decoder.decode(b"", final=True)):
        yield rest.encode("utf-8", "replace")


def _one_byte(path: Path) -> tuple[float, str]:
    """Return the share of accented places that are valid UTF-8, and the best codec for the others."""
    proper = 0
    others: Counter[bytes] = Counter()
    for block in blocks(path, "", 0):
        for match in _HIGH.finditer(block):
            try:
                match[0].decode("utf-8")
                proper += 1
            except UnicodeDecodeError:
                others[block[max(match.start() - 1, 0) : match.end() + 1]] += 1
        if others.total() >= SAMPLE:
            break
    scores = {name: sum(_score(place, name) * n for place, n in others.items()) for name in ONE_BYTE}
    return proper / (proper + others.total()), max(ONE_BYTE, key=lambda name: scores[name])


def _score(place: bytes, codec: str) -> int:
    """Say how French an accented place looks: the characters, and whether they fit their neighbours."""
    text = place.decode(codec, "replace")
    score = 0
    for i, char in enumerate(text):
        if char.isascii():
            continue
        score += _WEIGHTS.get(char, _STRANGE)
        before, after = text[i - 1 : i], text[i + 1 : i + 2]
        if char.isalpha():
            if not (before.isalpha() or after.isalpha()):
                score -= 2  # "100 Ç" is "100 €"
            if (char.isupper() and before.islower()) or (char.islower() and (before + after).isupper()):
                score -= 2  # "rÛglement" is "rêglement"; capitals have capital accents
        elif char not in "°’‘" and before.isalpha() and after.isalpha():
            score -= 2  # a quotation mark inside a word
    return score
