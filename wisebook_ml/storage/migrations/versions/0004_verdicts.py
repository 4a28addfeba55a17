"""Verdicts on detections."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

TABLE = "avis_detection"


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False, comment="in the order of acceptance"),
        sa.Column("empreinte", sa.String(32), nullable=False, comment="of the record, so that it counts once"),
        sa.Column("detection_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False, comment="of the detection"),
        sa.Column("societe_id", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.String(32), nullable=False),
        sa.Column("compte_num", sa.Text(), comment="the right account"),
        sa.Column("auteur", sa.Text(), nullable=False),
        sa.Column("commentaire", sa.Text(), nullable=False),
        sa.Column("remplace", sa.Boolean(), nullable=False, comment="given in the place of the one before"),
        sa.Column("en_vigueur", sa.Boolean(), nullable=False, comment="the one that stands"),
        sa.Column("donne_le", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ecriture_id", sa.Text()),
        sa.Column("journal_code", sa.Text()),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("motifs", sa.JSON(), nullable=False, comment="points of each reason"),
        sa.Column("contributions", sa.JSON(), nullable=False),
        sa.Column("modeles", sa.JSON(), nullable=False),
        sa.Column("parametres_version", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=f"pk_{TABLE}"),
        sa.UniqueConstraint("empreinte", name=f"uq_{TABLE}_empreinte"),
    )
    for columns in (["detection_id"], ["societe_id", "donne_le"]):
        op.create_index(f"ix_{TABLE}_{'_'.join(columns)}", TABLE, columns)


def downgrade() -> None:
    """Take them back to the revision before."""
    op.drop_table(TABLE)
