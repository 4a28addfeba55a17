"""What verdicts teach: evidence that is dismissed again and again counts less, where it is dismissed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from scipy.special import betaincinv

from schemas import Attenuation, CodeMotif
from wisebook_ml.controls.settings_table import Weighed
from wisebook_ml.feedback.judgement import Judgement

__all__ = ["FLOOR", "LEAST_VERDICTS", "attenuations", "factor", "motif"]

LEAST_VERDICTS = 5
"""Verdicts of a control in a journal below which nothing is concluded."""

WINDOW = 40
"""Last verdicts of a control in a journal that count: what was dismissed years ago does not weigh for ever."""

FLOOR = 0.25
"""Verdicts never silence a control: what it finds adds up with what others find. To silence it, switch it off."""

CONFIDENCE = 0.8
"""How sure it must be that the share dismissed is as high as it is taken to be: lowering errs on the cautious side."""

USUAL, USUAL_VERDICTS = 0.5, 10
"""The share that is usually dismissed, as long as a company's other verdicts do not say, and how many verdicts that
assumption is worth."""

MOST_USUAL = 0.8
"""Even where nearly all is dismissed, a control that is right once in five times is worth its weight."""

OWN_VERDICTS = 4
"""Verdicts that the usual share is worth as the prior of a control in a journal."""

NOTICEABLE = 10
"""Hundredths by which a factor moves at least for new settings to be made: each is a version to be kept for ever."""

SHOWN = 6
"""Changes that the reason of a version names; there is room for that many."""

OF_NO_JOURNAL = frozenset({CodeMotif.BENFORD, CodeMotif.LETTRAGE_INEGAL})
"""Kinds of findings about accounts and third parties: their number stands where others have a journal."""

Cell = tuple[CodeMotif, str]


def factor(verdicts: int, dismissed: int, usual: float) -> float:
    """Return by how much evidence counts, of which `dismissed` of `verdicts` findings were dismissed.

    Notes
    -----
    The share of findings that are dismissed is beta distributed, with the usual share as its prior (worth
    `OWN_VERDICTS` verdicts). Evidence is worth what share of its findings is confirmed, so it counts by that share
    relative to the usual one; of the distribution, the quantile is taken that the true share lies above with
    `CONFIDENCE`. Between `FLOOR` and 1, in hundredths; 1 where there are fewer than `LEAST_VERDICTS`.

    Examples
    --------
    >>> [factor(n, n, 0.5) for n in (4, 5, 8, 20)]
    [1.0, 0.66, 0.5, 0.25]
    >>> factor(8, 4, 0.5)
    1.0
    """
    if verdicts < LEAST_VERDICTS:
        return 1.0
    above = dismissed + OWN_VERDICTS * usual
    below = verdicts - dismissed + OWN_VERDICTS * (1 - usual)
    share = float(betaincinv(above, below, 1 - CONFIDENCE))
    return round(min(1.0, max(FLOOR, (1 - share) / (1 - usual))), 2)


def attenuations(
    judgements: Iterable[Judgement], controls: Sequence[Weighed], before: Sequence[Attenuation]
) -> list[Attenuation]:
    """Return by what factor each control, model or subject counts in each journal, given a company's verdicts.

    What is lowered comes back as it is confirmed again. Controls that a regulation asks for are never lowered. A factor
    that has neither moved by a tenth nor come back to 1 stays as it was, so that the result equals `before` where
    nothing of note was learnt.

    Parameters
    ----------
    judgements : iterable of Judgement
        The verdicts of one company that stand, in the order in which they were given. What is about an account or a
        third party, and of no journal, has its number in the journal's place.
    controls : sequence of Weighed
        All controls, and what follows subjects; of one code, the first counts.
    before : sequence of Attenuation
        What is in force.

    Returns
    -------
    list of Attenuation
        Those below 1, in the order of codes and journals.
    """
    required = {one.code: one.required for one in reversed(controls)}
    lowerable = {code for code in CodeMotif if not required.get(code, not code.is_model)}
    cells: dict[Cell, list[bool]] = defaultdict(list)
    for one in judgements:
        for code in one.carried if one.journal_code else ():
            cells[code, str(one.journal_code)].append(one.dismissed)
    recent = {cell: said[-WINDOW:] for cell, said in cells.items()}
    all_said = sum(map(len, recent.values()))
    all_dismissed = sum(map(sum, recent.values()))
    standing = {(one.code, one.journal_code): one for one in before if one.code in lowerable}
    found = dict(standing)
    for cell, said in recent.items():
        if cell[0] not in lowerable or len(said) < LEAST_VERDICTS:
            continue
        dismissed = sum(said)
        usual = _usual(all_said - len(said), all_dismissed - dismissed)
        new = factor(len(said), dismissed, usual)
        old = standing[cell].facteur if cell in standing else 1.0
        if abs(round(100 * new) - round(100 * old)) < NOTICEABLE and not new == 1.0 > old:
            continue
        found.pop(cell, None)
        if new < 1.0:
            found[cell] = Attenuation(code=cell[0], journal_code=cell[1], facteur=new, avis=len(said), rejets=dismissed)
    return [found[cell] for cell in sorted(found)]


def _usual(verdicts: int, dismissed: int) -> float:
    """Return the share that the company usually dismisses, of its other verdicts."""
    return min(MOST_USUAL, (dismissed + USUAL * USUAL_VERDICTS) / (verdicts + USUAL_VERDICTS))


def motif(before: Sequence[Attenuation], after: Sequence[Attenuation]) -> str:
    """Return why new settings are made: what counts by which factor from now on, and the figures it rests on.

    Examples
    --------
    >>> lowered = Attenuation(code=CodeMotif.MONTANT_ROND, journal_code="OD", facteur=0.5, avis=8, rejets=8)
    >>> motif([], [lowered])
    'avis : MONTANT_ROND, journal OD : x 1.00 -> x 0.50 (8 FAUX_POSITIF / 8)'
    """
    old = {(one.code, one.journal_code): one for one in before}
    new = {(one.code, one.journal_code): one for one in after}
    told = []
    for cell in sorted(old.keys() | new.keys()):
        was, now = old.get(cell), new.get(cell)
        if was == now:
            continue
        figures = f" ({now.rejets} FAUX_POSITIF / {now.avis})" if now is not None else ""
        factors = [1.0 if one is None else one.facteur for one in (was, now)]
        where = cell[1] if cell[0] in OF_NO_JOURNAL else f"journal {cell[1]}"
        told.append(f"{cell[0].value}, {where} : x {factors[0]:.2f} -> x {factors[1]:.2f}{figures}")
    more = f" ; + {len(told) - SHOWN}" if len(told) > SHOWN else ""
    return f"avis : {' ; '.join(told[:SHOWN])}{more}"
