"""How much memory a process and those that it has started use."""

import os
from pathlib import Path

__all__ = ["resident_bytes"]

PROC = Path("/proc")

PARENT = 1
RESIDENT = 21
"""Places in `/proc/PID/stat` behind the name, counted from the state (0); see proc(5)."""

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process and all that descend from it (Stan, workers of joblib), in bytes.

    What they share counts several times. 0 where the system has no `/proc`, and once the process has ended.

    Examples
    --------
    >>> resident_bytes(os.getpid()) > 1_000_000 or not PROC.joinpath("self").exists()
    True
    """
    children: dict[int, list[int]] = {}
    pages: dict[int, int] = {}
    try:
        folders = list(PROC.iterdir())
    except OSError:
        return 0
    for folder in folders:
        if not folder.name.isdecimal():
            continue
        try:
            told = (folder / "stat").read_bytes()
        except OSError:  # it has just ended
            continue
        # The name is in parentheses and may hold anything, spaces and parentheses included.
        fields = told[told.rfind(b")") + 2 :].split()
        pages[int(folder.name)] = int(fields[RESIDENT])
        children.setdefault(int(fields[PARENT]), []).append(int(folder.name))
    total, left = 0, [pid]
    while left:
        one = left.pop()
        total += pages.get(one, 0)
        left += children.get(one, [])
    return total * PAGE_BYTES
