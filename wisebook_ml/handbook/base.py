"""What people read about a reason code."""

from dataclasses import dataclass

__all__ = ["FACT", "RARITY", "Description"]

RARITY = (
    "rareté dans l'habitude, en puissances de dix : 1 pour une fois sur dix, 2 pour une fois sur cent",
    "rarity in the habit, in powers of ten: 1 is once in ten, 2 once in a hundred",
)
"""What a surprise is (`wisebook_ml.features.measures.surprise`), in French and in English."""

FACT = ("1 si le fait est établi, sinon 0", "1 where it is a fact, else 0")
"""What a control measures that knows only yes and no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What an accountant reads about a control, a finding about an account or a journal, or a model.

    Parameters
    ----------
    title_fr, title_en : str
        Its short name.
    about_fr, about_en : str
        What it looks for, with whose habit it compares, when it is silent, what to do on a finding.
    value : tuple of (str, str)
        What the figure is that its threshold is compared with, in French and in English.
    needs : tuple of str
        Fields of an entry, optional to its publisher, without which it can find nothing; names as in
        `wisebook_ml.ledger.supplied.FIELDS`.
    """

    title_fr: str
    title_en: str
    about_fr: str
    about_en: str
    value: tuple[str, str]
    needs: tuple[str, ...] = ()

    def title(self, lang: str) -> str:
        """Return the short name in a language, ``"fr"`` or ``"en"``."""
        return self.title_fr if lang == "fr" else self.title_en

    def about(self, lang: str) -> str:
        """Return the text in a language."""
        return self.about_fr if lang == "fr" else self.about_en

    def unit(self, lang: str) -> str:
        """Return what the figure is, in a language."""
        return self.value[0 if lang == "fr" else 1]
