"""The command lines of the documents, taken out of them and run as they are written."""

import re
import subprocess
from pathlib import Path

__all__ = ["asked", "shell_lines"]

ROOT = Path(__file__).parents[2]

SERVED = "http://127.0.0.1:8888"
"""Where the documents say that the API is."""

PATIENCE = 300.0
"""Seconds for all lines of a document."""

WATCHED = r"""
exec 3>&2
curl() {
    local most=60
    for one in "$@"; do if [ "$one" = -N ]; then most=2; fi; done
    printf 'curl %s\n' "$*" | tr '\n' ' ' >&3
    command curl --silent --max-time "$most" --write-out '%{stderr}=> %{http_code}\n' "$@" 2>&3 || true
}
"""
"""Has curl tell what was asked and with which status it was answered; a stream is left after some seconds."""


def shell_lines(document: str) -> str:
    """Return the lines of a document with calls of the API, of fenced or indented blocks, as one script."""
    text = (ROOT / document).read_text(encoding="utf-8")
    fenced = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    indented = [
        re.sub("^    ", "", block, flags=re.MULTILINE) for block in re.findall(r"(?:^    .*\n)+", text, re.MULTILINE)
    ]
    return "\n".join(block for block in (*fenced, *indented) if "curl " in block or '"$1"' in block or "API=" in block)


def asked(document: str, address: str, token: str, folder: Path) -> list[tuple[str, int]]:
    """Run a document's lines against a served API, and return what was asked, with the status of each answer."""
    script = "\n".join(
        line for line in shell_lines(document).splitlines() if not line.startswith("wisebook-ml ")
    ).replace(SERVED, address)
    done = subprocess.run(
        ["bash", "-c", WATCHED + script],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "TOKEN": token},
        cwd=folder,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    told = done.stderr.decode()
    found = [(what, int(status)) for what, status in re.findall(r"^curl (.*?)=> (\d{3})$", told, re.MULTILINE)]
    assert len(found) == len(re.findall(r"^curl ", told, re.MULTILINE)), told
    assert len(found) >= script.count("curl ") - script.count("curl() "), told
    return found
