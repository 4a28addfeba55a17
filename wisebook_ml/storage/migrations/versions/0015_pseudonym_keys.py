"""The keys that names are pseudonymised with, one of a company at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

TABLE = "cle_pseudonyme"
INDEX = f"ix_{TABLE}_en_vigueur"
IN_FORCE = sa.text("efface_le IS NULL")


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        TABLE,
        sa.Column("cle_id", sa.String(8), nullable=False, comment="which each pseudonym names"),
        sa.Column("societe_id", sa.BigInteger(), nullable=False),
        sa.Column("cle", sa.LargeBinary(), nullable=True, comment="wrapped by the master key; null: erased"),
        sa.Column("cree_le", sa.DateTime(timezone=True), nullable=False),
        sa.Column("efface_le", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("cle_id", name=f"pk_{TABLE}"),
    )
    op.create_index(INDEX, TABLE, ["societe_id"], unique=True, sqlite_where=IN_FORCE, postgresql_where=IN_FORCE)


def downgrade() -> None:
    """Take them back to the revision before."""
    op.drop_index(INDEX, TABLE)
    op.drop_table(TABLE)
