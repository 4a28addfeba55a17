"""Detections, models and their versions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "detection_anomalie",
        sa.Column("detection_id", sa.Uuid(), nullable=False),
        sa.Column("societe_id", sa.BigInteger(), nullable=False),
        sa.Column("domaine", sa.String(32), nullable=False),
        sa.Column("objet_type", sa.String(32), nullable=False),
        sa.Column("objet_id", sa.Text(), nullable=False),
        sa.Column("etat", sa.String(32), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("ecriture_id", sa.Text()),
        sa.Column("journal_code", sa.Text()),
        sa.Column("ecriture_num", sa.Text()),
        sa.Column("ecriture_date", sa.Date()),
        sa.Column("montant", sa.Numeric(17, 2), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("severite", sa.String(32), nullable=False),
        sa.Column("motifs", sa.JSON(), nullable=False),
        sa.Column("contributions", sa.JSON(), nullable=False),
        sa.Column("modeles", sa.JSON(), nullable=False),
        sa.Column("parametres_version", sa.BigInteger(), nullable=False),
        sa.Column("ce_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("record_topic", sa.Text(), nullable=False),
        sa.Column("record_partition", sa.Integer(), nullable=False),
        sa.Column("record_offset", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("detection_id", name="pk_detection_anomalie"),
    )
    op.create_index("ix_detection_anomalie_societe_id_score", "detection_anomalie", ["societe_id", "score"])
    op.create_index("ix_detection_anomalie_societe_id_ce_time", "detection_anomalie", ["societe_id", "ce_time"])
    op.create_index("ix_detection_anomalie_severite", "detection_anomalie", ["severite"])
    op.create_table(
        "modele_ml",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("societe_id", sa.BigInteger(), nullable=False),
        sa.Column("nom", sa.String(200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("type_modele", sa.String(32), nullable=False),
        sa.Column("domaine_application", sa.String(32), nullable=False),
        sa.Column("parametres_modele", sa.JSON(), nullable=False),
        sa.Column("reentrainement_auto", sa.Boolean(), nullable=False),
        sa.Column("frequence_reentrainement", sa.Integer(), nullable=False, comment="days"),
        sa.Column("statut", sa.String(32), nullable=False),
        sa.Column("accuracy", sa.Double()),
        sa.Column("metrics", sa.JSON(), nullable=False),
        sa.Column("version_courante", sa.Integer(), comment="the champion"),
        sa.Column("derniere_version", sa.Integer(), nullable=False, comment="last number given out"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_modele_ml"),
        sa.UniqueConstraint("societe_id", "nom", name="uq_modele_ml_societe_id_nom"),
    )
    op.create_table(
        "version_modele",
        sa.Column("modele_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("artefact", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("metrics", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("modele_id", "version", name="pk_version_modele"),
        sa.ForeignKeyConstraint(["modele_id"], ["modele_ml.id"], name="fk_version_modele_modele_id"),
    )


def downgrade() -> None:
    """Take them back to the revision before."""
    op.drop_table("version_modele")
    op.drop_table("modele_ml")
    op.drop_table("detection_anomalie")
