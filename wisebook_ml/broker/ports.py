"""Free ports of this machine."""

from __future__ import annotations

import random
import socket
from pathlib import Path

from wisebook_ml.broker.exceptions import PortTaken

__all__ = ["LOOPBACK", "choose_port", "free_port", "is_free", "read_port"]

#: The only address the broker listens on.
LOOPBACK = "127.0.0.1"
#: Below the range from which systems take the near end of outgoing connections (32768 on Linux): a port
#: from there may be in use for a moment at the next start, and a client that tries to connect to it
#: before the broker listens can end up connected to itself.
_RANGE = range(20_000, 32_000)
#: With fewer than half of the range in use, that many misses in a row do not happen.
_ATTEMPTS = 100


def is_free(port: int) -> bool:
    """Tell whether the broker could listen on `port` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As Java does: connections of a broker that has just stopped do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(*, apart_from: int | None = None) -> int:
    """Return a free port, by chance, so that two brokers that start together rarely choose the same.

    Raises
    ------
    PortTaken
        If no free port was found.
    """
    for _ in range(_ATTEMPTS):
        port = random.choice(_RANGE)
        if port != apart_from and is_free(port):
            return port
    raise PortTaken(f"No free port found between {_RANGE.start} and {_RANGE.stop}; name one with --port.")


def choose_port(asked: int | None, last: int | None) -> int:
    """Return the port that was asked for, else the last one if it is free, else any free one.

    Raises
    ------
    PortTaken
        If the port that was asked for is not free.
    """
    if asked is not None:
        if not is_free(asked):
            raise PortTaken(
                f"Port {asked} is taken by another program (see `ss -ltnp 'sport = :{asked}'`). Stop that "
                "program, or start Kafka on another port, or without naming one."
            )
        return asked
    return last if last is not None and is_free(last) else free_port()


def read_port(path: Path) -> int | None:
    """Return the port noted in the file; None if there is none, or the file is not what it should be."""
    try:
        port = int(path.read_text())
    except (OSError, ValueError):
        return None
    return port if 0 < port < 65_536 else None
