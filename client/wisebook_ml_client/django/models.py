"""The two tables of the outbox; `wisebook_ml_client.outbox` reads and writes them."""

from django.db import models

from wisebook_ml_client.outbox.database import EVENTS, LANES

__all__ = ["OutboxEvent", "OutboxLane"]


class OutboxEvent(models.Model):
    """An event that is not published yet; `refused` says why it never will be, where that is so."""

    societe_id = models.IntegerField()
    topic = models.TextField()
    message_key = models.TextField()
    payload = models.TextField()
    headers = models.TextField()
    created_at = models.BigIntegerField(help_text="Milliseconds since 1970.")
    refused = models.TextField(default="", blank=True)

    class Meta:
        """The table, and the index by which a company's events are read in order."""

        db_table = EVENTS
        indexes = (models.Index(fields=["societe_id", "id"], name=f"{EVENTS}_order"),)

    def __str__(self) -> str:
        return f"{self.topic} {self.message_key} #{self.pk}"


class OutboxLane(models.Model):
    """A company whose events one relay publishes at a time."""

    societe_id = models.IntegerField(primary_key=True)
    served_at = models.BigIntegerField()
    retry_at = models.BigIntegerField()
    failures = models.IntegerField()
    problem = models.TextField()
    relay = models.TextField()
    lease_until = models.BigIntegerField()

    class Meta:
        """The table."""

        db_table = LANES

    def __str__(self) -> str:
        return f"company {self.societe_id}"
