"""The application, as Django knows it."""

from django.apps import AppConfig

__all__ = ["OutboxConfig"]


class OutboxConfig(AppConfig):
    """Tables of the outbox."""

    name = "wisebook_ml_client.django"
    label = "wisebook_ml_outbox"
    verbose_name = "wisebook_ml outbox"
    default_auto_field = "django.db.models.BigAutoField"
