"""What statistics tell besides counts."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

TABLE = "statistique_detection"

COLUMNS: tuple[tuple[str, Any, str | None, str | None], ...] = (
    ("precision", sa.Double(), None, None),
    ("taux_controles", sa.JSON(), "{}", "of all verdicts that stand, by control"),
    ("taux_modeles", sa.JSON(), "{}", "the same, by id of the model"),
    ("severites", sa.JSON(), "{}", "detections by severity"),
    ("journaux", sa.JSON(), "{}", "entries by journal"),
    ("lignes", sa.BigInteger(), "0", None),
    ("montant", sa.Numeric(17, 2), "0", None),
    ("scores", sa.JSON(), "[]", "composites in bars of equal width"),
    ("latence_mediane_ms", sa.Double(), None, None),
    ("latence_p99_ms", sa.Double(), None, None),
    ("tardives", sa.BigInteger(), "0", "entries that were too late for any window"),
    ("en_avance", sa.BigInteger(), "0", "entries that are dated in the future"),
)
"""Name, type, what rows of before have (None: they may be without), and what it is."""


def upgrade() -> None:
    """Bring the tables to this revision."""
    for name, type_, before, comment in COLUMNS:
        column = sa.Column(name, type_, nullable=before is None, server_default=before, comment=comment)
        op.add_column(TABLE, column)


def downgrade() -> None:
    """Take them back to the revision before."""
    for name, *_ in reversed(COLUMNS):
        op.drop_column(TABLE, name)
