"""What people read about every reason code, in French and in English: the texts behind `controls explain`.

Adding a code to `schemas.CodeMotif` is adding its text here; a test fails where one is missing.
"""

from collections.abc import Mapping

from schemas import CodeMotif
from wisebook_ml.handbook import amounts, facts, models, subjects, treasury
from wisebook_ml.handbook.base import Description

__all__ = ["DESCRIPTIONS", "Description", "describe"]

DESCRIPTIONS: Mapping[CodeMotif, Description] = {
    **facts.DESCRIPTIONS,
    **amounts.DESCRIPTIONS,
    **subjects.DESCRIPTIONS,
    **models.DESCRIPTIONS,
    **treasury.DESCRIPTIONS,
}


def describe(code: CodeMotif) -> Description:
    """Return what people read about a code.

    Examples
    --------
    >>> describe(CodeMotif.DOUBLON).title("en")
    'Probable duplicate'
    """
    return DESCRIPTIONS[code]
