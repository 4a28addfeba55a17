"""Tokens, sessions of browsers, the audit log, and answers to requests that may come again."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

TOKENS = "jeton_api"
SESSIONS = "session_web"
AUDIT = "journal_audit"
REQUESTS = "requete_idempotente"


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        TOKENS,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("empreinte", sa.String(64), nullable=False, comment="SHA-256 of the token"),
        sa.Column("nom", sa.Text(), nullable=False, comment="whose it is"),
        sa.Column("societes", sa.JSON(), nullable=True, comment="null: all"),
        sa.Column("droits", sa.JSON(), nullable=False),
        sa.Column("cree_le", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expire_le", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoque_le", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=f"pk_{TOKENS}"),
        sa.UniqueConstraint("empreinte", name=f"uq_{TOKENS}_empreinte"),
    )
    op.create_table(
        SESSIONS,
        sa.Column("empreinte", sa.String(64), nullable=False, comment="SHA-256 of the cookie"),
        sa.Column("jeton_id", sa.Integer(), nullable=False),
        sa.Column("cree_le", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expire_le", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["jeton_id"], [f"{TOKENS}.id"], name=f"fk_{SESSIONS}_jeton_id_{TOKENS}"),
        sa.PrimaryKeyConstraint("empreinte", name=f"pk_{SESSIONS}"),
    )
    op.create_index(f"ix_{SESSIONS}_expire_le", SESSIONS, ["expire_le"])
    op.create_table(
        AUDIT,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("quand", sa.DateTime(timezone=True), nullable=False),
        sa.Column("jeton_id", sa.Integer(), nullable=True, comment="null: from the command line"),
        sa.Column("nom", sa.Text(), nullable=False, comment="of the token then"),
        sa.Column("adresse", sa.Text(), nullable=False, comment="that it came from"),
        sa.Column("societe_id", sa.BigInteger(), nullable=True, comment="null: of no company in particular"),
        sa.Column("action", sa.Text(), nullable=False, comment="method and path"),
        sa.Column("statut", sa.Integer(), nullable=False, comment="of the answer"),
        sa.Column("demande", sa.JSON(), nullable=False, comment="the body, where it was short"),
        sa.Column("correlation", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{AUDIT}"),
    )
    op.create_index(f"ix_{AUDIT}_societe_id_id", AUDIT, ["societe_id", "id"])
    op.create_table(
        REQUESTS,
        sa.Column("jeton_id", sa.Integer(), nullable=False),
        sa.Column("cle", sa.String(255), nullable=False),
        sa.Column("empreinte", sa.String(64), nullable=False, comment="of method, path and body"),
        sa.Column("recue_le", sa.DateTime(timezone=True), nullable=False),
        sa.Column("statut", sa.Integer(), nullable=True, comment="null: at work"),
        sa.Column("entetes", sa.JSON(), nullable=False),
        sa.Column("corps", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["jeton_id"], [f"{TOKENS}.id"], name=f"fk_{REQUESTS}_jeton_id_{TOKENS}"),
        sa.PrimaryKeyConstraint("jeton_id", "cle", name=f"pk_{REQUESTS}"),
    )
    op.create_index(f"ix_{REQUESTS}_recue_le", REQUESTS, ["recue_le"])


def downgrade() -> None:
    """Take them back to the revision before."""
    for table in (REQUESTS, AUDIT, SESSIONS, TOKENS):
        op.drop_table(table)
