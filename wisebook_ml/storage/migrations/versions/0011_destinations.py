"""Destinations of deliveries by company: what one company's alerts meet there delays no other company's."""

import hashlib
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

DELIVERIES = sa.table(
    "livraison", sa.column("societe_id"), sa.column("canal"), sa.column("adresse"), sa.column("destination")
)
DESTINATIONS = sa.table("destination_livraison", sa.column("destination"), sa.column("echecs"))

Named = Callable[[int, str, str], str]


def upgrade() -> None:
    """Bring the tables to this revision."""
    _rename(lambda societe_id, canal, adresse: _digest(f"{societe_id}\0{canal}\0{adresse}"))
    _comment("digest of company, channel and address")


def downgrade() -> None:
    """Take them back to the revision before."""
    _rename(lambda _, canal, adresse: _digest(f"{canal}\0{adresse}"))
    _comment("digest of channel and address")


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _rename(named: Named) -> None:
    """Give deliveries to destinations by other names; what failed before is forgotten."""
    connection = op.get_bind()
    columns = DELIVERIES.c.societe_id, DELIVERIES.c.canal, DELIVERIES.c.adresse
    known = [tuple(row) for row in connection.execute(sa.select(*columns).distinct())]
    there = set(connection.execute(sa.select(DESTINATIONS.c.destination)).scalars())
    wanted = {row: named(*row) for row in known}
    new = [{"destination": name, "echecs": 0} for name in sorted(set(wanted.values()) - there)]
    if new:
        connection.execute(sa.insert(DESTINATIONS), new)
    for row, name in wanted.items():
        same = sa.and_(*(column == value for column, value in zip(columns, row, strict=True)))
        connection.execute(sa.update(DELIVERIES).where(same).values(destination=name))
    used = sa.select(DELIVERIES.c.destination).where(DELIVERIES.c.destination == DESTINATIONS.c.destination)
    connection.execute(sa.delete(DESTINATIONS).where(~used.exists()))


def _comment(text: str) -> None:
    if op.get_bind().dialect.name == "postgresql":  # SQLite keeps none
        op.alter_column("destination_livraison", "destination", comment=text, existing_type=sa.String(32))
