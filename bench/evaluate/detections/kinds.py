"""Which kinds a rule decides, which are a matter of habit, and which are about something that is missing."""

from schemas import CodeMotif

__all__ = ["ABSENT", "GROUPS", "RULES", "STATISTICAL", "group_of"]

RULES = frozenset(
    {
        CodeMotif.DESEQUILIBRE,
        CodeMotif.DOUBLON,
        CodeMotif.RUPTURE_NUMEROTATION,
        CodeMotif.HORS_EXERCICE,
        CodeMotif.POSTDATEE,
        CodeMotif.SENS_INVERSE,
        CodeMotif.PIECE_ABSENTE,
        CodeMotif.TVA_TAUX,
        CodeMotif.TVA_SANS_BASE,
        CodeMotif.EXTOURNE_RAPIDE,
        CodeMotif.MODIFIEE_APRES_VALIDATION,
        CodeMotif.MOT_CLE,
        CodeMotif.LETTRAGE_INEGAL,
        CodeMotif.IBAN_PARTAGE,
        CodeMotif.FEC_NON_CONFORME,
    }
)
"""What the entry, or the entry and one other, shows by itself: no scale of usual and unusual takes part."""

ABSENT = frozenset({CodeMotif.RECURRENTE_ABSENTE})
"""What no entry shows."""

STATISTICAL = frozenset(code for code in CodeMotif if not code.is_model) - RULES - ABSENT
"""What only a comparison with habits shows; these are measured with 0.5 % planted."""

GROUPS = {"rules": RULES, "statistical": STATISTICAL, "absent": ABSENT}


def group_of(code: CodeMotif) -> str:
    """Return the name of a kind's group.

    Examples
    --------
    >>> group_of(CodeMotif.DOUBLON), group_of(CodeMotif.PAIRE_RARE)
    ('rules', 'statistical')
    """
    return next(name for name, codes in GROUPS.items() if code in codes)
