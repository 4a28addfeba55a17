"""What alerting refuses."""

__all__ = ["UnknownAlert"]


class UnknownAlert(Exception):
    """Somebody acknowledges an alert that the company does not have."""
