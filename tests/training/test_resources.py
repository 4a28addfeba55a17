"""Memory of a process counts those that it has started."""

import os
import subprocess
import sys

import pytest

from wisebook_ml.training.resources import PROC, resident_bytes

MEBIBYTE = 1024 * 1024

pytestmark = pytest.mark.skipif(not (PROC / "self").exists(), reason="this system has no /proc")

GRANDCHILD = "x = bytearray(80 * 1024 * 1024); print('ready', flush=True); input()"
CHILD = f"""
import subprocess, sys
one = subprocess.Popen([sys.executable, "-c", {GRANDCHILD!r}], stdin=subprocess.PIPE)
input()
one.communicate(b"\\n")
"""


def test_children_of_children_count() -> None:
    child = subprocess.Popen([sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    used = resident_bytes(child.pid)
    child.communicate(b"\n")
    assert 80 * MEBIBYTE < used < 200 * MEBIBYTE


def test_a_process_that_has_ended_uses_nothing() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert resident_bytes(ended.pid) == 0
    assert resident_bytes(os.getpid()) > MEBIBYTE
