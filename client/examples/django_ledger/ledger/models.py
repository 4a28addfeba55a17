"""Entries with their lines, and what was found in them."""

from django.db import models


class Ecriture(models.Model):
    """A journal entry. It is never deleted from the table: its last version says so, and its id is not given again."""

    societe_id = models.IntegerField()
    revision = models.IntegerField(default=1)
    journal_code = models.CharField(max_length=64)
    ecriture_num = models.CharField(max_length=64, blank=True)
    ecriture_date = models.DateField()
    saisie_par = models.CharField(max_length=200, blank=True)
    saisie_le = models.DateTimeField(auto_now_add=True)
    supprimee = models.BooleanField(default=False)


class Ligne(models.Model):
    """A line of an entry."""

    ecriture = models.ForeignKey(Ecriture, models.CASCADE, related_name="lignes")
    compte_num = models.CharField(max_length=64)
    ecriture_lib = models.CharField(max_length=2000, blank=True)
    piece_ref = models.CharField(max_length=200, blank=True)
    debit = models.DecimalField(max_digits=13, decimal_places=2, default=0)
    credit = models.DecimalField(max_digits=13, decimal_places=2, default=0)

    class Meta:
        """Lines stay in the order in which they were entered."""

        ordering = ("id",)


class Anomalie(models.Model):
    """What wisebook_ml found, as it stands: one row of each detection."""

    detection_id = models.UUIDField(primary_key=True)
    societe_id = models.IntegerField()
    ecriture = models.ForeignKey(Ecriture, models.CASCADE, null=True)
    revision = models.IntegerField()
    ouverte = models.BooleanField()
    score = models.FloatField()
    severite = models.CharField(max_length=16)
    motif = models.TextField(blank=True)
