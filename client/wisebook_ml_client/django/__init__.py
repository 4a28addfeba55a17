"""The outbox as a Django application: put ``wisebook_ml_client.django`` into ``INSTALLED_APPS``."""
