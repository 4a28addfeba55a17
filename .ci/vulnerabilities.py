"""Ask for known vulnerabilities of all locked dependencies, and say as loudly what could not be asked.

``python .ci/vulnerabilities.py PIP_AUDIT LOCK_FILE...``; exit status 1 where a vulnerability is known. pip-audit itself
finds "no known vulnerabilities" in a package that its service has never heard of, or that it cannot reach.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

OPTIONS = ("--disable-pip", "--no-deps", "--require-hashes", "--format", "json", "--progress-spinner", "off")
"""Lock files name every package with its hash: nothing needs to be resolved or installed."""

LONGEST = 300
"""Seconds for one file; the service answers for a package in a tenth of a second."""


def answers(pip_audit: str, lock: str) -> list[dict[str, Any]] | str:
    """Return what is known of each package of a lock file, or why that could not be learnt."""
    try:
        done = subprocess.run(
            [pip_audit, *OPTIONS, "-r", lock], capture_output=True, text=True, timeout=LONGEST, check=False
        )
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        return f"no answer within {LONGEST} s"
    except (json.JSONDecodeError, KeyError):
        return (done.stderr.strip().splitlines() or ["pip-audit says nothing"])[-1]
    return found


def main(pip_audit: str, *locks: str) -> int:
    """Print a line for each file and each vulnerability."""
    known = unasked = 0
    for lock in locks:
        found = answers(pip_audit, lock)
        name = Path(lock).name
        if isinstance(found, str):
            unasked += 1
            print(f"{lock}: NOT AUDITED: {found}")
            continue
        audited = [package for package in found if "skip_reason" not in package]
        skipped = len(found) - len(audited)
        for package in audited:
            for one in package["vulns"]:
                known += 1
                mended = ", ".join(one["fix_versions"]) or "no version yet"
                print(f"{name}: {package['name']} {package['version']}: {one['id']}, mended in {mended}")
        print(f"{lock}: {len(audited)} of {len(found)} packages audited")
        if skipped:
            unasked += 1
            print(f"{lock}: NOT AUDITED: {skipped} packages, which the service does not know (is it a mirror?)")
    print(f"Known vulnerabilities: {known}" + (", of what could be audited: see NOT AUDITED above" if unasked else ""))
    return 1 if known else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
