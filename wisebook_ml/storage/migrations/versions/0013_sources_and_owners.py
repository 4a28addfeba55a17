"""Where a change was made, and who has a request in work that may come again."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

AUDIT = "journal_audit"
REQUESTS = "requete_idempotente"

OPERATION = "of what it brings about, whoever has it in work"

COMMENTS = {
    (AUDIT, "action"): ("method and path", "method and path, or the command"),
    (AUDIT, "statut"): ("of the answer", "of the answer; of a command its exit status"),
    (AUDIT, "demande"): (
        "the body, where it was short",
        "what was asked, without secrets; of what is long the beginning",
    ),
    (REQUESTS, "statut"): ("null: at work", "null: not answered"),
}
"""Of columns, before and after."""


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.add_column(AUDIT, sa.Column("source", sa.String(16), nullable=False, server_default="API", comment="API or CLI"))
    op.execute(f"UPDATE {AUDIT} SET source = 'CLI' WHERE jeton_id IS NULL")
    # Who had one in work was stopped for this, and no id of what it brought about was kept.
    op.execute(f"DELETE FROM {REQUESTS} WHERE statut IS NULL")
    op.add_column(
        REQUESTS, sa.Column("operation_id", sa.Uuid(), nullable=False, server_default="0" * 32, comment=OPERATION)
    )
    op.add_column(REQUESTS, sa.Column("proprietaire", sa.Uuid(), comment="who has it in work; null: nobody"))
    _comment(1)


def downgrade() -> None:
    """Take them back to the revision before."""
    op.drop_column(REQUESTS, "proprietaire")
    op.drop_column(REQUESTS, "operation_id")
    op.drop_column(AUDIT, "source")
    _comment(0)


def _comment(when: int) -> None:
    if op.get_bind().dialect.name == "postgresql":  # SQLite has none
        for (table, column), told in COMMENTS.items():
            op.execute(f"COMMENT ON COLUMN {table}.{column} IS '{told[when]}'")
