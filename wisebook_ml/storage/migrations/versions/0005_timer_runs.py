"""Runs of timers."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

TABLE = "execution_minuterie"


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        TABLE,
        sa.Column("minuterie", sa.String(200), nullable=False),
        sa.Column("echeance", sa.DateTime(timezone=True), nullable=False, comment="when it was due, or asked for"),
        sa.Column("debut", sa.DateTime(timezone=True), nullable=False),
        sa.Column("statut", sa.String(32), nullable=False),
        sa.Column("acquise", sa.DateTime(timezone=True), nullable=False, comment="how far the timer is"),
        sa.Column("duree_ms", sa.BigInteger(), nullable=False),
        sa.Column("sautees", sa.BigInteger(), nullable=False, comment="due times before it that were missed"),
        sa.Column("tentative", sa.BigInteger(), nullable=False),
        sa.Column("demandeur", sa.Text(), nullable=False, comment="who ran it by hand"),
        sa.Column("publies", sa.JSON(), nullable=False, comment="records by topic"),
        sa.Column("detail", sa.Text(), nullable=False, comment="why it failed"),
        sa.PrimaryKeyConstraint("minuterie", "echeance", "debut", name=f"pk_{TABLE}"),
    )
    op.create_index(f"ix_{TABLE}_debut", TABLE, ["debut"])


def downgrade() -> None:
    """Take them back to the revision before."""
    op.drop_table(TABLE)
