"""Deliveries of alerts, attempts at them, and what is known of destinations."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

DELIVERIES = "livraison"
ATTEMPTS = "tentative_livraison"
DESTINATIONS = "destination_livraison"
UNPUBLISHED = sa.text("NOT publiee")


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        DESTINATIONS,
        sa.Column("destination", sa.String(32), nullable=False, comment="digest of channel and address"),
        sa.Column("echecs", sa.Integer(), nullable=False, comment="in a row"),
        sa.Column("pause", sa.DateTime(timezone=True), nullable=True, comment="nothing is sent before"),
        sa.Column("bail", sa.DateTime(timezone=True), nullable=True, comment="until when an attempt has it"),
        sa.PrimaryKeyConstraint("destination", name=f"pk_{DESTINATIONS}"),
    )
    op.create_table(
        DELIVERIES,
        sa.Column("livraison_id", sa.Uuid(), nullable=False),
        sa.Column("societe_id", sa.BigInteger(), nullable=False),
        sa.Column("alerte_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("canal", sa.String(32), nullable=False),
        sa.Column("adresse", sa.Text(), nullable=False, comment="may hold a secret"),
        sa.Column("destination", sa.String(32), nullable=False),
        sa.Column("langue", sa.String(2), nullable=False),
        sa.Column("alerte", sa.JSON(), nullable=False, comment="the whole record"),
        sa.Column("statut", sa.String(32), nullable=False),
        sa.Column("tentatives", sa.Integer(), nullable=False),
        sa.Column("emise_le", sa.DateTime(timezone=True), nullable=False, comment="when the alert was published"),
        sa.Column("prevue_le", sa.DateTime(timezone=True), nullable=False, comment="when this row was made"),
        sa.Column("prochaine", sa.DateTime(timezone=True), nullable=True, comment="when it is looked at again"),
        sa.Column("commencee_le", sa.DateTime(timezone=True), nullable=True, comment="of the attempt in work"),
        sa.Column("terminee_le", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code", sa.Integer(), nullable=True, comment="the last answer"),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["destination"], [f"{DESTINATIONS}.destination"], name=f"fk_{DELIVERIES}_destination_{DESTINATIONS}"
        ),
        sa.PrimaryKeyConstraint("livraison_id", name=f"pk_{DELIVERIES}"),
    )
    op.create_index(f"ix_{DELIVERIES}_statut_prochaine", DELIVERIES, ["statut", "prochaine"])
    op.create_index(f"ix_{DELIVERIES}_alerte_id", DELIVERIES, ["alerte_id"])
    op.create_index(f"ix_{DELIVERIES}_societe_id_prevue_le", DELIVERIES, ["societe_id", "prevue_le"])
    op.create_index(f"ix_{DELIVERIES}_destination", DELIVERIES, ["destination"])
    op.create_index(f"ix_{DELIVERIES}_prevue_le", DELIVERIES, ["prevue_le"])
    op.create_table(
        ATTEMPTS,
        sa.Column("livraison_id", sa.Uuid(), nullable=False),
        sa.Column("tentative", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("statut", sa.String(32), nullable=False),
        sa.Column("quand", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duree_ms", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("prochaine", sa.DateTime(timezone=True), nullable=True),
        sa.Column("publiee", sa.Boolean(), nullable=False, comment="it is on the topic"),
        sa.ForeignKeyConstraint(
            ["livraison_id"], [f"{DELIVERIES}.livraison_id"], name=f"fk_{ATTEMPTS}_livraison_id_{DELIVERIES}"
        ),
        sa.PrimaryKeyConstraint("livraison_id", "tentative", "statut", name=f"pk_{ATTEMPTS}"),
    )
    op.create_index(
        f"ix_{ATTEMPTS}_a_publier", ATTEMPTS, ["quand"], sqlite_where=UNPUBLISHED, postgresql_where=UNPUBLISHED
    )


def downgrade() -> None:
    """Take them back to the revision before."""
    for table in (ATTEMPTS, DELIVERIES, DESTINATIONS):
        op.drop_table(table)
