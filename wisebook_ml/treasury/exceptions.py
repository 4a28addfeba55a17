"""What can be wrong with positions and series; every message says what, where, and what to do."""

__all__ = ["ModelRefused", "NotEnoughHistory", "PositionRefused", "ScenarioRefused", "SeriesRefused", "TreasuryError"]


class TreasuryError(ValueError):
    """Something about the treasury data that a person has to look at.

    Parameters
    ----------
    en : str
        What is wrong, where, and what to do: what logs and dead letters say.
    fr : str
        The same for a French reader, where there is one.
    """

    def __init__(self, en: str, fr: str = "") -> None:
        super().__init__(en)
        self.fr = fr

    def message(self, lang: str) -> str:
        """Return it in a language, as far as it is written in it."""
        return self.fr if lang == "fr" and self.fr else str(self)


class PositionRefused(TreasuryError):
    """A position that cannot be taken; it belongs on the dead-letter topic with this message."""


class ModelRefused(TreasuryError):
    """A model version that cannot take part; it belongs on the dead-letter topic, and the one before stays in force."""


class SeriesRefused(TreasuryError):
    """A table of positions that is no series of one account."""


class NotEnoughHistory(TreasuryError):
    """A series that nothing can be forecast from: too short, or nothing moves in it."""


class ScenarioRefused(TreasuryError):
    """A stated change that cannot be applied to a forecast."""
