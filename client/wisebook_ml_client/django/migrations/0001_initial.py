"""The outbox: events that wait, and the companies whose events one relay publishes at a time."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Makes both tables."""

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="OutboxLane",
            fields=[
                ("societe_id", models.IntegerField(primary_key=True, serialize=False)),
                ("served_at", models.BigIntegerField()),
                ("retry_at", models.BigIntegerField()),
                ("failures", models.IntegerField()),
                ("problem", models.TextField()),
                ("relay", models.TextField()),
                ("lease_until", models.BigIntegerField()),
            ],
            options={
                "db_table": "wisebook_ml_outbox_lane",
            },
        ),
        migrations.CreateModel(
            name="OutboxEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("societe_id", models.IntegerField()),
                ("topic", models.TextField()),
                ("message_key", models.TextField()),
                ("payload", models.TextField()),
                ("headers", models.TextField()),
                ("created_at", models.BigIntegerField(help_text="Milliseconds since 1970.")),
                ("refused", models.TextField(blank=True, default="")),
            ],
            options={
                "db_table": "wisebook_ml_outbox",
                "indexes": [models.Index(fields=["societe_id", "id"], name="wisebook_ml_outbox_order")],
            },
        ),
    ]
