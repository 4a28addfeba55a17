"""Campaigns, challengers, the history of champions, and statistics."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

OPEN = sa.text("statut IN ('DEMANDEE', 'EN_COURS')")


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.add_column("modele_ml", sa.Column("version_challenger", sa.Integer(), comment="in shadow"))
    _create_promotions()
    _create_campaigns()
    op.create_table(
        "statistique_detection",
        sa.Column("societe_id", sa.BigInteger(), nullable=False),
        sa.Column("debut", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fin", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ecritures", sa.BigInteger(), nullable=False),
        sa.Column("detections", sa.JSON(), nullable=False, comment="by control and by model"),
        sa.Column("avis", sa.JSON(), nullable=False, comment="by verdict"),
        sa.Column("taux_faux_positifs", sa.Double()),
        sa.PrimaryKeyConstraint("societe_id", "debut", "fin", name="pk_statistique_detection"),
    )


def _create_promotions() -> None:
    op.create_table(
        "promotion_modele",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("modele_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("version_avant", sa.Integer()),
        sa.Column("promue_le", sa.DateTime(timezone=True), nullable=False),
        sa.Column("par", sa.Text(), nullable=False, comment="who"),
        sa.Column("motif", sa.Text(), nullable=False, comment="why"),
        sa.Column("retour", sa.Boolean(), nullable=False, comment="a rollback"),
        sa.PrimaryKeyConstraint("id", name="pk_promotion_modele"),
        sa.ForeignKeyConstraint(
            ["modele_id", "version"],
            ["version_modele.modele_id", "version_modele.version"],
            name="fk_promotion_modele_modele_id",
        ),
    )
    op.create_index("ix_promotion_modele_modele_id", "promotion_modele", ["modele_id"])
    # A champion from before this table is one that can be gone back to.
    op.execute(
        "INSERT INTO promotion_modele (modele_id, version, version_avant, promue_le, par, motif, retour) "
        "SELECT id, version_courante, NULL, updated_at, '', '', false FROM modele_ml "
        "WHERE version_courante IS NOT NULL ORDER BY id"
    )


def _create_campaigns() -> None:
    op.create_table(
        "campagne_entrainement",
        sa.Column("campagne_id", sa.Uuid(), nullable=False),
        sa.Column("demande_id", sa.Text(), nullable=False),
        sa.Column("modele_id", sa.BigInteger(), nullable=False),
        sa.Column("societe_id", sa.BigInteger(), nullable=False),
        sa.Column("motif", sa.String(32), nullable=False),
        sa.Column("demandeur", sa.Text(), nullable=False),
        sa.Column("du", sa.Date()),
        sa.Column("au", sa.Date()),
        sa.Column("statut", sa.String(32), nullable=False),
        sa.Column("etape", sa.String(32)),
        sa.Column("tentative", sa.Integer(), nullable=False),
        sa.Column("avancement", sa.Double(), nullable=False),
        sa.Column("lignes", sa.BigInteger(), nullable=False, comment="rows trained on"),
        sa.Column("lignes_test", sa.BigInteger(), nullable=False, comment="rows of the hold-out"),
        sa.Column("donnees_du", sa.Date()),
        sa.Column("donnees_au", sa.Date()),
        sa.Column("offsets", sa.JSON(), nullable=False, comment="topic/partition: first, next after last"),
        sa.Column("duree_minutes", sa.Double(), nullable=False),
        sa.Column("metriques", sa.JSON(), nullable=False),
        sa.Column("metriques_avant", sa.JSON(), nullable=False, comment="of the champion before"),
        sa.Column("amelioration", sa.Double()),
        sa.Column("version", sa.Integer()),
        sa.Column("promue", sa.Boolean()),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("rejointe", sa.Uuid()),
        sa.Column("erreur", sa.Text(), nullable=False),
        sa.Column("demandee_le", sa.DateTime(timezone=True), nullable=False),
        sa.Column("commencee_le", sa.DateTime(timezone=True)),
        sa.Column("terminee_le", sa.DateTime(timezone=True)),
        sa.Column("worker", sa.Text()),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("claims", sa.Integer(), nullable=False, comment="how often it was taken, by whomever"),
        sa.Column("attempts", sa.Integer(), nullable=False, comment="how many there may be"),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("announced", sa.Boolean(), nullable=False, comment="its end is on the topic"),
        sa.PrimaryKeyConstraint("campagne_id", name="pk_campagne_entrainement"),
        sa.UniqueConstraint("demande_id", name="uq_campagne_entrainement_demande_id"),
    )
    table = "campagne_entrainement"
    op.create_index(
        "ix_campagne_entrainement_ouverte", table, ["modele_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )
    for columns in (["modele_id", "demandee_le"], ["societe_id", "demandee_le"], ["announced", "statut"]):
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)


def downgrade() -> None:
    """Take them back to the revision before."""
    op.drop_table("statistique_detection")
    op.drop_table("campagne_entrainement")
    op.drop_table("promotion_modele")
    op.drop_column("modele_ml", "version_challenger")
