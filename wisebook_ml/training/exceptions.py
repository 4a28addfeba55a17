"""Why a training ends without a model. Each message says what to do."""

__all__ = ["CampaignTimeout", "TrainingFailed"]


class TrainingFailed(Exception):
    """A training that ends as ECHEC; to try it again unchanged would end the same."""


class CampaignTimeout(Exception):
    """A campaign that did not end in time; it may still."""
