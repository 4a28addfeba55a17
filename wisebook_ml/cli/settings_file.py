"""Settings of companies in a file, for commands that need no broker."""

from pathlib import Path

import click
import msgspec

from schemas import Parametres

__all__ = ["read_settings", "settings_of"]


def read_settings(path: Path) -> list[Parametres]:
    """Return the settings in a file: one JSON object, or one a line for several companies.

    Raises
    ------
    click.ClickException
        Where the file cannot be read as such, with the reason.
    """
    try:
        data = path.read_bytes()
        try:
            return [msgspec.json.decode(data, type=Parametres)]
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:  # no single value
            decode = msgspec.json.Decoder(Parametres).decode
            return [decode(line) for line in data.splitlines() if line.strip()]
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{path} holds no settings of a company: {error}") from error


def settings_of(settings: list[Parametres], societe_id: int) -> Parametres:
    """Return the settings that are in force for a company: its own, else those of all (company 0), else the defaults.

    The last version of each holds.
    """
    latest = {one.societe_id: one for one in sorted(settings, key=lambda one: one.version)}
    return latest.get(societe_id) or latest.get(0) or Parametres(societe_id=0)
