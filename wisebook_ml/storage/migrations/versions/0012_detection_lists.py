"""What lists of a million detections need: indexes in their order, their reasons, and the verdict that stands."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

TABLE = "detection_anomalie"
REASONS = "motif_trouve"

BEFORE = (["societe_id", "score"], ["societe_id", "ce_time"], ["severite"])
ASKED = ["etat", "severite", "journal_code", "ecriture_date", "montant", "verdict"]
IN_ORDER = ["score", "ce_time", "detection_id"]
INDEXES = {
    "score": [*IN_ORDER, "societe_id", *ASKED],
    "ce_time": ["ce_time", "detection_id", "societe_id", *ASKED],
    "severite": ["severite", *IN_ORDER],
    "societe_score": ["societe_id", *IN_ORDER, *ASKED],
    "societe_ce_time": ["societe_id", "ce_time", "detection_id", *ASKED],
    "societe_severite": ["societe_id", "severite", *IN_ORDER],
    "societe_journal": ["societe_id", "journal_code", *IN_ORDER],
    "societe_date": ["societe_id", "ecriture_date"],
    "societe_montant": ["societe_id", "montant"],
    "ecriture_num": ["ecriture_num"],
}
CODES = {
    "sqlite": "json_extract(m.value, '$.code') FROM detection_anomalie d, json_each(d.motifs) m",
    "postgresql": "m.value ->> 'code' FROM detection_anomalie d, json_array_elements(d.motifs) m",
}


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.add_column(TABLE, sa.Column("verdict", sa.String(32), comment="the one that stands, of avis_detection"))
    op.execute(
        f"UPDATE {TABLE} SET verdict = (SELECT a.verdict FROM avis_detection a "
        f"WHERE a.detection_id = {TABLE}.detection_id AND a.en_vigueur) "
        "WHERE detection_id IN (SELECT detection_id FROM avis_detection)"
    )
    op.create_table(
        REASONS,
        sa.Column("detection_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("societe_id", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("ce_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("etat", sa.String(32), nullable=False),
        sa.Column("severite", sa.String(32), nullable=False),
        sa.Column("journal_code", sa.Text()),
        sa.PrimaryKeyConstraint("detection_id", "code", name=f"pk_{REASONS}"),
    )
    codes = CODES[op.get_bind().dialect.name]
    op.execute(
        f"INSERT INTO {REASONS} (detection_id, societe_id, score, ce_time, etat, severite, journal_code, code) "
        f"SELECT DISTINCT d.detection_id, d.societe_id, d.score, d.ce_time, d.etat, d.severite, d.journal_code, {codes}"
    )
    op.create_index(f"ix_{REASONS}_societe", REASONS, ["societe_id", "code", *IN_ORDER, *ASKED[:3]])
    op.create_index(f"ix_{REASONS}_code", REASONS, ["code", *IN_ORDER, "societe_id", *ASKED[:3]])
    for columns in BEFORE:
        op.drop_index(f"ix_{TABLE}_{'_'.join(columns)}", TABLE)
    for name, columns in INDEXES.items():
        op.create_index(f"ix_{TABLE}_{name}", TABLE, columns)
    stands = sa.text("etat = 'OUVERTE'")
    op.create_index(
        f"ix_{TABLE}_ouverte", TABLE, ["societe_id", "severite"], sqlite_where=stands, postgresql_where=stands
    )


def downgrade() -> None:
    """Take them back to the revision before."""
    for name in ("ouverte", *INDEXES):
        op.drop_index(f"ix_{TABLE}_{name}", TABLE)
    for columns in BEFORE:
        op.create_index(f"ix_{TABLE}_{'_'.join(columns)}", TABLE, columns)
    op.drop_table(REASONS)
    op.drop_column(TABLE, "verdict")
