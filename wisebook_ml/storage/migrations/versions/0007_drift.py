"""Drift reports, and what a model was before its training."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

TABLE = "derive"


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        TABLE,
        sa.Column("modele_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("version", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("echeance", sa.DateTime(timezone=True), nullable=False, comment="when the check was due"),
        sa.Column("societe_id", sa.BigInteger(), nullable=False),
        sa.Column("derive", sa.Boolean(), nullable=False, comment="whether there is drift"),
        sa.Column("variables", sa.JSON(), nullable=False, comment="what moved"),
        sa.Column("du", sa.Date()),
        sa.Column("au", sa.Date()),
        sa.Column("lignes", sa.BigInteger()),
        sa.Column("remarques_fr", sa.JSON(), nullable=False),
        sa.Column("remarques_en", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("modele_id", "version", "echeance", name=f"pk_{TABLE}"),
    )
    op.create_index(f"ix_{TABLE}_modele_id_echeance", TABLE, ["modele_id", "echeance"])
    op.create_index(f"ix_{TABLE}_societe_id_echeance", TABLE, ["societe_id", "echeance"])
    op.add_column(
        "campagne_entrainement", sa.Column("statut_avant", sa.String(32), comment="the model's, before the training")
    )


def downgrade() -> None:
    """Take them back to the revision before."""
    op.drop_column("campagne_entrainement", "statut_avant")
    op.drop_table(TABLE)
