"""What counts as drift of a model: how large a change, and how sure."""

from msgspec import Struct

from wisebook_ml.drift.measures import CHI2, KS, MISSING, PSI, WASSERSTEIN

__all__ = ["Thresholds"]


class Thresholds(Struct, frozen=True, kw_only=True):
    """Thresholds of one model. Both are needed for an alarm: a change this large, and `alpha`.

    Attributes
    ----------
    alpha : float
        Probability of a false alarm at one check, over all that is tested: 0.001 is one in three years of daily checks.
    ks : float
        Largest difference of distribution functions; 0.1 is a shift of a quarter of a standard deviation.
    wasserstein : float
        In standard deviations.
    psi : float
        Population stability index: under 0.1 is stable.
    chi2 : float
        Cohen's w of categories and of groups of values; 0.2 is a fifth of a standard deviation of a share.
    manquants : float
        By how much the share of missing values changes.
    precision : float
        Fall of the precision.
    small : int
        Rows up to which a window is compared by Kolmogorov-Smirnov, and beyond by Wasserstein.
    min_rows : int
        Rows below which a window is not compared.

    Raises
    ------
    ValueError
        Where a threshold is out of its range.
    """

    alpha: float = 0.001
    ks: float = 0.1
    wasserstein: float = 0.1
    psi: float = 0.1
    chi2: float = 0.2
    manquants: float = 0.05
    precision: float = 0.1
    small: int = 1_000
    min_rows: int = 100

    def __post_init__(self) -> None:
        if not 0 < self.alpha <= 0.1:
            raise ValueError(f"alpha is {self.alpha}; it is the probability of a false alarm, above 0 and up to 0.1")
        for name in (KS, WASSERSTEIN, PSI, CHI2, MISSING, "precision"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"the threshold {name} is {getattr(self, name)}; it is 0 or more")
        if self.min_rows < 30:
            raise ValueError(f"min_rows is {self.min_rows}; with fewer than 30 rows nothing can be told")

    def of(self, measure: str) -> float:
        """Return the threshold of a measure, by its name."""
        found: float = getattr(self, measure)
        return found
