"""Alerts, who has taken note of them, and what is still to be published."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

INDEXES = {
    "alerte": (["societe_id", "etat", "ouverte_le"], ["societe_id", "prochaine"]),
    "alerte_detection": (["alerte_id"],),
    "alerte_societe": (["record_partition", "prochaine"],),
    "alerte_envoi": (["record_partition"],),
}


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "alerte",
        sa.Column("alerte_id", sa.Uuid(), nullable=False),
        sa.Column("societe_id", sa.BigInteger(), nullable=False),
        sa.Column("etat", sa.String(32), nullable=False),
        sa.Column("severite", sa.String(32), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False, comment="told last"),
        sa.Column("ouverte_le", sa.DateTime(timezone=True), nullable=False),
        sa.Column("derniere_le", sa.DateTime(timezone=True), nullable=False),
        sa.Column("prochaine", sa.DateTime(timezone=True), comment="when something is due about it"),
        sa.Column("suivi", sa.JSON(), nullable=False, comment="all of it"),
        sa.PrimaryKeyConstraint("alerte_id", name="pk_alerte"),
    )
    op.create_table(
        "alerte_detection",
        sa.Column("detection_id", sa.Uuid(), nullable=False),
        sa.Column("societe_id", sa.BigInteger(), nullable=False),
        sa.Column("alerte_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("severite", sa.String(32), nullable=False),
        sa.Column("montant", sa.BigInteger(), nullable=False, comment="cents"),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("objet", sa.String(32), nullable=False),
        sa.Column("journal", sa.Text(), nullable=False),
        sa.Column("ouverte", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("detection_id", name="pk_alerte_detection"),
    )
    op.create_table(
        "alerte_societe",
        sa.Column("societe_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record_partition", sa.Integer(), nullable=False),
        sa.Column("prochaine", sa.DateTime(timezone=True)),
        sa.Column("etat", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("societe_id", name="pk_alerte_societe"),
    )
    op.create_table(
        "alerte_position",
        sa.Column("record_partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("topic_id", sa.Text(), nullable=False, comment="Kafka's own id of the topic"),
        sa.Column("prochain", sa.BigInteger(), nullable=False, comment="offset of the next record"),
        sa.PrimaryKeyConstraint("record_partition", name="pk_alerte_position"),
    )
    op.create_table(
        "alerte_envoi",
        sa.Column("id", sa.Integer(), nullable=False, comment="in their order"),
        sa.Column("record_partition", sa.Integer(), nullable=False),
        sa.Column("societe_id", sa.BigInteger(), nullable=False),
        sa.Column("valeur", sa.LargeBinary(), nullable=False),
        sa.Column("entetes", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alerte_envoi"),
    )
    for table, indexes in INDEXES.items():
        for columns in indexes:
            op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)


def downgrade() -> None:
    """Take them back to the revision before."""
    for table in ("alerte_envoi", "alerte_position", "alerte_societe", "alerte_detection", "alerte"):
        op.drop_table(table)
