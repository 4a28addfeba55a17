"""Versions of the companies' settings."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

UNMARKED = sa.text("marquee_le IS NULL")


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "version_parametres",
        sa.Column("societe_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("parametres", sa.JSON(), nullable=False, comment="the whole record"),
        sa.Column("auteur", sa.Text(), nullable=False, comment="who"),
        sa.Column("motif", sa.Text(), nullable=False, comment="why"),
        sa.Column("origine", sa.Text(), nullable=False, comment="the record that asked for it"),
        sa.Column("enregistree_le", sa.DateTime(timezone=True), nullable=False),
        sa.Column("marquee_le", sa.DateTime(timezone=True), comment="its marker is on the entries topic"),
        sa.PrimaryKeyConstraint("societe_id", "version", name="pk_version_parametres"),
        sa.UniqueConstraint("origine", name="uq_version_parametres_origine"),
    )
    op.create_index(
        "ix_version_parametres_sans_marqueur",
        "version_parametres",
        ["societe_id"],
        sqlite_where=UNMARKED,
        postgresql_where=UNMARKED,
    )


def downgrade() -> None:
    """Take them back to the revision before."""
    op.drop_table("version_parametres")
