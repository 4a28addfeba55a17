"""Everything that a detection can be explained with and that this version looks for, in one table."""

import difflib
from dataclasses import dataclass, replace
from enum import StrEnum

from schemas import CodeMotif, Parametres
from wisebook_ml.controls import CONTROLS, Control
from wisebook_ml.handbook import describe
from wisebook_ml.handbook.base import Description
from wisebook_ml.handbook.sources import SOURCES_FR
from wisebook_ml.handbook.treasury import THRESHOLDS
from wisebook_ml.scoring.forests import FORESTS, Forest
from wisebook_ml.scoring.opinions import KINDS
from wisebook_ml.scoring.opinions import Kind as KindOfModel
from wisebook_ml.subjects import SUBJECTS, Subject

__all__ = ["Check", "Kind", "checks", "find_check", "near_codes"]

NEAR_CODES = 3
"""Codes that are offered where one does not exist."""

NEARNESS = 0.65
"""How alike they must be (`difflib`): enough for a swapped or missing part."""


class Kind(StrEnum):
    """What looks for it."""

    CONTROL = "control"
    """A control of each entry."""
    SUBJECT = "subject"
    """What is followed of an account, a journal or a third party."""
    MODEL = "model"
    """A model."""
    TREASURY = "treasury"
    """What is followed of a company's cash; the same for all companies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A control, what is followed of a subject, or a model, as a company has set it.

    Parameters
    ----------
    code, kind, attribute, source
        What it is called, what looks for it, the accounting attribute it counts for, what it rests on.
    threshold, weight : float
        Those in force; `default_threshold` and `default_weight` are those of a company that has set none.
    required, rule : bool
        Whether a regulation asks for it; whether it flags an entry by itself, whatever the alert budget.
    always_on : bool
        Whether it cannot be switched off: it is required, or what is told under its code of a whole journal is.
    active : bool
        Whether the company has it switched on.
    systemic : float or None
        Where it is told of a whole journal or account, too, instead of each entry: the threshold of that finding.
    """

    code: CodeMotif
    kind: Kind
    attribute: str
    source: str
    threshold: float
    weight: float
    default_threshold: float
    default_weight: float
    required: bool = False
    rule: bool = False
    always_on: bool = False
    active: bool = True
    systemic: float | None = None

    @property
    def description(self) -> Description:
        """What people read about it."""
        return describe(self.code)

    @property
    def source_fr(self) -> str:
        """What it rests on, as a French reader cites it."""
        return SOURCES_FR.get(self.code, self.source)

    @property
    def overridden(self) -> bool:
        """Whether the company has changed it."""
        return not self.active or (self.threshold, self.weight) != (self.default_threshold, self.default_weight)


def checks(parametres: Parametres | None = None) -> tuple[Check, ...]:
    """Return everything that is looked for, as a company has set it.

    Parameters
    ----------
    parametres : Parametres, optional
        The company's settings; the defaults without.
    """
    settings = parametres or Parametres(societe_id=0)
    subjects = {one.code: _declared(one, Kind.SUBJECT, settings) for one in SUBJECTS}
    of_entries = [_declared(one, Kind.CONTROL, settings) for one in CONTROLS]
    for k, check in enumerate(of_entries):
        if check.code in subjects:
            of_journals = subjects.pop(check.code)
            always_on = check.always_on or of_journals.always_on
            of_entries[k] = replace(check, systemic=of_journals.default_threshold, always_on=always_on)
    models = (_declared(one, Kind.MODEL, settings) for one in (*FORESTS, *KINDS))
    return (*of_entries, *subjects.values(), *models, *(_of_treasury(code) for code in THRESHOLDS))


def _of_treasury(code: CodeMotif) -> Check:
    threshold, source = THRESHOLDS[code]
    return Check(
        code=code,
        kind=Kind.TREASURY,
        attribute="",
        source=source,
        threshold=threshold,
        weight=1.0,
        default_threshold=threshold,
        default_weight=1.0,
    )


def _declared(one: Control | Subject | Forest | KindOfModel, kind: Kind, settings: Parametres) -> Check:
    setting = settings.controles.get(one.code)
    return Check(
        code=one.code,
        kind=kind,
        attribute="" if isinstance(one, Forest | KindOfModel) else one.attribute,
        source=one.source,
        threshold=one.threshold if setting is None or setting.seuil is None else setting.seuil,
        weight=one.weight if setting is None or setting.poids is None else setting.poids,
        default_threshold=one.threshold,
        default_weight=one.weight,
        required=one.required,
        rule=one.rule if isinstance(one, Control) else False,
        always_on=one.required,
        active=setting is None or setting.actif,
    )


def find_check(code: str, parametres: Parametres | None = None) -> Check | None:
    """Return what has a code, in whatever case and with whatever dashes; None where nothing has."""
    wanted = _plain(code)
    return next((check for check in checks(parametres) if check.code.value == wanted), None)


def near_codes(code: str) -> list[str]:
    """Return the codes that somebody may have meant, nearest first.

    Examples
    --------
    >>> near_codes("tva")[0]
    'TVA_TAUX'
    """
    known = [check.code.value for check in checks()]
    within = [name for name in known if _plain(code) and _plain(code) in name]
    alike = difflib.get_close_matches(_plain(code), known, NEAR_CODES, NEARNESS)
    return list(dict.fromkeys([*within, *alike]))[:NEAR_CODES]


def _plain(code: str) -> str:
    return code.strip().upper().replace("-", "_").replace(" ", "_")
