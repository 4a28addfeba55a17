"""Cuts a file into its physical lines, in bounded memory: no line is held beyond `LONGEST_LINE`."""

from collections.abc import Callable, Iterator
from pathlib import Path

from wisebook_ml.fec.encoding import Scan, blocks

__all__ = ["LONGEST_LINE", "physical_lines"]

LONGEST_LINE = 1 << 16
"""Bytes of a line. The texts of a line (two of 2,000 characters and some of 200) stay below even in UTF-8;
a longer one is no line of a ledger but a file that lost its line ends, and would fill the memory."""

KEPT = 4_096
"""Bytes kept of a line that is too long: enough to say what it was."""

SOME = 0.5
"""Lone carriage returns per line feed above which they end lines too; fewer are characters in labels."""


def physical_lines(
    path: Path, scan: Scan, on_progress: Callable[[int], None] | None = None
) -> Iterator[tuple[int, bytes, int]]:
    r"""Yield number (from 1), bytes without the line end, and the true length if the line was too long, else 0.

    Line ends are LF and CRLF, in any mix; CR too in a file that uses it (`SOME`). A final line without line end
    counts, an empty remainder does not. The DOS end-of-file mark (0x1A) at the very end is left out.

    Parameters
    ----------
    path : Path
        The file.
    scan : Scan
        How it is written down.
    on_progress : callable, optional
        Told the number of bytes read, after each block.
    """
    returns_end_lines = scan.returns > SOME * scan.feeds
    number = 1
    tail, skipped = b"", 0
    for block in _feeds(blocks(path, scan.encoding, scan.bom, on_progress), returns_end_lines):
        parts = block.split(b"\n")
        if skipped:
            if len(parts) == 1:
                skipped += len(block)
                continue
            yield number, tail, skipped + len(parts.pop(0).removesuffix(b"\r"))
            number += 1
            tail, skipped = b"", 0
        parts[0] = tail + parts[0]
        tail = parts.pop()
        for part in parts:
            line = part[:-1] if part[-1:] == b"\r" else part
            if len(line) > LONGEST_LINE:
                yield number, line[:KEPT], len(line)
            else:
                yield number, line, 0
            number += 1
        if len(tail) > LONGEST_LINE:
            tail, skipped = tail[:KEPT], len(tail)
    if skipped:
        yield number, tail, skipped
    elif tail := tail.rstrip(b"\r\x1a"):
        yield number, tail, 0


def _feeds(source: Iterator[bytes], returns_end_lines: bool) -> Iterator[bytes]:
    """Yield the blocks with LF for CR and CRLF where both end lines."""
    if not returns_end_lines:
        yield from source
        return
    held = b""
    for block in source:
        whole = held + block
        # A CR at the end may be the first half of a CRLF.
        held = b"\r" if whole.endswith(b"\r") else b""
        whole = whole[: len(whole) - len(held)]
        yield whole.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if held:
        yield b"\n"
