"""Settings of companies in a file, for commands that need no broker."""

from pathlib import Path

import click
import msgspec

from schemas import Parametres
from wisebook_ml.tuning.checks import faults
from wisebook_ml.tuning.exceptions import Refusal
from wisebook_ml.tuning.reading import parse

__all__ = ["read_settings", "settings_of"]


def read_settings(path: Path) -> list[Parametres]:
    """Return the settings in a file: one JSON object, or one a line for several companies (0: all others).

    A single object holds for every company, whichever it was written down for.

    Raises
    ------
    click.ClickException
        Where the file cannot be read as such or the settings make no sense, with the reason.
    """
    try:
        data = path.read_bytes()
        settings = (
            [parse(data, societe_id=0)] if _is_single(data) else [parse(line) for line in data.splitlines() if line]
        )
    except (OSError, Refusal) as error:
        raise click.ClickException(f"{path}: {error}") from error
    for one in settings:
        if found := faults(one):
            raise click.ClickException(f"{path}: {'; '.join(found)}")
    return settings


def _is_single(data: bytes) -> bool:
    """Return whether bytes are one JSON value, or none at all; else there is one a line."""
    lines = [line for line in data.splitlines() if line.strip()]
    try:
        msgspec.json.decode(lines[0] if lines else b"")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return True
    return len(lines) == 1


def settings_of(settings: list[Parametres], societe_id: int) -> Parametres:
    """Return the settings that are in force for a company: its own, else those of all (company 0), else the defaults.

    The last version of each holds.
    """
    latest = {one.societe_id: one for one in sorted(settings, key=lambda one: one.version)}
    return latest.get(societe_id) or latest.get(0) or Parametres(societe_id=0)
