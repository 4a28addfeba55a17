"""What deliveries follow from: the correlation id of their alert."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

TABLE = "livraison"
COLUMN = "correlation"


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.add_column(TABLE, sa.Column(COLUMN, sa.Text(), comment="of the alert, as its header tells it"))


def downgrade() -> None:
    """Take them back to the revision before."""
    op.drop_column(TABLE, COLUMN)
