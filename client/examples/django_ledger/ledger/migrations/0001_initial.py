"""Entries, their lines, and what was found."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Makes the tables."""

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Ecriture",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("societe_id", models.IntegerField()),
                ("revision", models.IntegerField(default=1)),
                ("journal_code", models.CharField(max_length=64)),
                ("ecriture_num", models.CharField(blank=True, max_length=64)),
                ("ecriture_date", models.DateField()),
                ("saisie_par", models.CharField(blank=True, max_length=200)),
                ("saisie_le", models.DateTimeField(auto_now_add=True)),
                ("supprimee", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="Anomalie",
            fields=[
                ("detection_id", models.UUIDField(primary_key=True, serialize=False)),
                ("societe_id", models.IntegerField()),
                ("revision", models.IntegerField()),
                ("ouverte", models.BooleanField()),
                ("score", models.FloatField()),
                ("severite", models.CharField(max_length=16)),
                ("motif", models.TextField(blank=True)),
                (
                    "ecriture",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to="ledger.ecriture"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Ligne",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("compte_num", models.CharField(max_length=64)),
                ("ecriture_lib", models.CharField(blank=True, max_length=2000)),
                ("piece_ref", models.CharField(blank=True, max_length=200)),
                ("debit", models.DecimalField(decimal_places=2, default=0, max_digits=13)),
                ("credit", models.DecimalField(decimal_places=2, default=0, max_digits=13)),
                (
                    "ecriture",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lignes", to="ledger.ecriture"
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
    ]
