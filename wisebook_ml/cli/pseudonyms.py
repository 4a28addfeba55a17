"""``wisebook-ml pseudonyms``: names that are published as pseudonyms, and the keys whose deletion erases them."""

from collections.abc import Sequence

import click
import msgspec
from rich.console import Console
from rich.table import Table

from schemas.pseudonym import PATTERN, key_id_of
from wisebook_ml.cli.audited import audited, tell
from wisebook_ml.cli.failures import saying
from wisebook_ml.cli.pseudonym_keys import master_key
from wisebook_ml.clock import utc_now
from wisebook_ml.pseudonyms import DamagedPseudonym, KeyErased, KeyUnknown, PseudonymError
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import KeyHistory, PseudonymKeys, StorageError, open_database

__all__ = ["pseudonyms"]

SOCIETE = click.option("--societe", type=click.IntRange(min=1), required=True, help="The company.")


@click.group()
def pseudonyms() -> None:
    """Publish names as pseudonyms, with a key of each company whose deletion erases them."""


@pseudonyms.command()
@SOCIETE
@audited
def enable(societe: int) -> None:
    """Have the names of a company published as pseudonyms from now on.

    What was published before stays as it is. Needs the master key, WISEBOOK_ML_PSEUDONYM_KEY.
    """
    with saying(PseudonymError, StorageError):
        master = master_key(get_settings())
        kept, new = _keys().enable(societe, master, utc_now())
    tell(cle_id=kept.key_id)
    if new:
        click.echo(f"Names of company {societe} are published as pseudonyms from now on, with the key {kept.key_id}.")
    else:
        click.echo(f"Names of company {societe} are published as pseudonyms already, with the key {kept.key_id}.")


@pseudonyms.command()
@click.option("--societe", type=click.IntRange(min=1), help="Only this company.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def status(societe: int | None, as_json: bool) -> None:
    """List the keys that there are and were, and whether they open with the master key."""
    with saying(StorageError):
        keys = _keys()
        known = keys.history(societe)
        states = [_state(keys, one) for one in known]
    if as_json:
        for one, state in zip(known, states, strict=True):
            told = {"societe_id": one.societe_id, "cle_id": one.key_id, "created": one.created, "erased": one.erased}
            click.echo(msgspec.json.encode({**told, "state": state}).decode())
    else:
        _print(known, states)


@pseudonyms.command()
@click.argument("pseudonym")
@audited
def show(pseudonym: str) -> None:
    """Tell the name that PSEUDONYM stands for, as it is on the topics: all of its letters."""
    with saying(PseudonymError, StorageError):
        if PATTERN.fullmatch(pseudonym) is None:
            raise DamagedPseudonym(
                f"{pseudonym!r} is no pseudonym, or a part of one: give all of its letters, as they are in the record."
            )
        name = _open(pseudonym)
    click.echo(name)


@pseudonyms.command()
@SOCIETE
@click.option("--yes", is_flag=True, help="Do not ask.")
@audited
def erase(societe: int, yes: bool) -> None:
    """Delete the key of a company, and with it all its names that were published as pseudonyms, for good.

    Nothing is published for it until `enable` makes another key.
    """
    with saying(StorageError):
        keys = _keys()
        if not any(one.erased is None for one in keys.history(societe)):
            raise click.ClickException(f"Company {societe} has no key to erase; `wisebook-ml pseudonyms status` tells.")
        if not yes:
            click.confirm(
                f"No name of company {societe} that was published as a pseudonym can ever be read again. Erase?",
                abort=True, err=True,
            )  # fmt: skip
        key_id = keys.erase(societe, utc_now())
    tell(cle_id=key_id)
    click.echo(f"The key {key_id} of company {societe} is erased: its names cannot be read any more.")
    click.echo("Backups of the database still have it: docs/privacy.md tells what to do about them.", err=True)


@pseudonyms.command()
@audited
def rotate() -> None:
    """Have a new master key keep all companies' keys; pseudonyms stay as they are.

    WISEBOOK_ML_PSEUDONYM_KEY is the new one, WISEBOOK_ML_PSEUDONYM_KEY_BEFORE the one before, for this command and for
    every process that publishes or shows names, until it is done.
    """
    with saying(PseudonymError, StorageError):
        anew, there = _keys().rotate(master_key(get_settings()))
    tell(cles=anew)
    click.echo(f"{anew} of {there} keys are kept by the new master key now; the others were already.")
    click.echo(
        "Take WISEBOOK_ML_PSEUDONYM_KEY_BEFORE away from all processes. Backups of the database from before now need "
        "the master key of then: docs/privacy.md tells what to do about them.",
        err=True,
    )


def _open(pseudonym: str) -> str:
    keys, key_id = _keys(), key_id_of(pseudonym)
    known = {one.key_id: one for one in keys.history()}.get(key_id)
    if known is None:
        raise KeyUnknown(f"No company has the key {key_id}, which this pseudonym was made with.")
    tell(societe=known.societe_id)
    if known.erased is not None:
        raise KeyErased(f"The key {key_id} of company {known.societe_id} was erased on {known.erased:%Y-%m-%d}.")
    master = master_key(get_settings())
    for kept in keys.find([key_id]):
        return master.pseudonymiser(kept).open(pseudonym)
    raise KeyErased(f"The key {key_id} of company {known.societe_id} was erased just now.")


def _state(keys: PseudonymKeys, one: KeyHistory) -> str:
    if one.erased is not None:
        return "erased"
    try:
        master = master_key(get_settings())
        for kept in keys.find([one.key_id]):
            master.pseudonymiser(kept)
    except PseudonymError as error:
        return f"does not open: {error}"
    return "in force"


def _keys() -> PseudonymKeys:
    return PseudonymKeys(open_database(get_settings().sql_url))


def _print(known: Sequence[KeyHistory], states: Sequence[str]) -> None:
    if not known:
        click.echo(
            "No company's names are pseudonyms; `wisebook-ml pseudonyms enable --societe N` begins it.", err=True
        )
        return
    table = Table("company", "key", "since", "state", box=None)
    for one, state in zip(known, states, strict=True):
        ended = f" on {one.erased:%Y-%m-%d}" if one.erased is not None else ""
        table.add_row(str(one.societe_id), one.key_id, f"{one.created:%Y-%m-%d}", f"{state}{ended}")
    Console().print(table)
