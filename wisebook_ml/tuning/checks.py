"""Whether settings make sense, beyond their types.

A control that a regulation requires (`Control.required`) can be made stricter and never weaker: neither switched off,
nor given less weight or a higher threshold, nor attenuated. What a company finds a nuisance there, an auditor asks for
all the same.
"""

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from schemas import CodeMotif, Parametres, ReglageControle, to_minor
from schemas.money import Montant
from topics import SETTINGS
from wisebook_ml.controls import CONTROLS
from wisebook_ml.controls.settings_table import Weighed
from wisebook_ml.handbook.catalogue import near_codes
from wisebook_ml.ledger.characters import plain
from wisebook_ml.scoring.forests import FORESTS
from wisebook_ml.scoring.opinions import KINDS
from wisebook_ml.subjects import SUBJECTS
from wisebook_ml.tuning.alerts import alert_faults
from wisebook_ml.tuning.treasury import treasury_faults

__all__ = ["Settable", "faults", "nearest", "placed", "settable"]

MIN_BUDGET, MAX_BUDGET = 0.0001, 0.5
"""One entry in 10,000: less cannot be told apart by the quantile that the budget chooses. Half of them: more would make
ordinary entries alerts."""

MAX_LIMITS = 100
MAX_WORDS = 500
"""More make the list a dictionary, and every label a finding."""

WORD_LENGTH = (2, 100)
"""Letters of a watched word, as it is searched for: a single one stands in nearly every label."""

HOLIDAYS = (dt.date(1990, 1, 1), dt.date(2100, 12, 31))
"""What a day off lies between; others are slips of the keyboard."""

MAX_HOLIDAYS = 1_000
MAX_BYTES = SETTINGS.max_message_bytes // 2
"""Of the whole version: it travels in one record of the topic."""


class Settable(Weighed, Protocol):
    """What a company may set of a control, of what follows a kind of subject, or of a model."""

    @property
    def source(self) -> str:
        """What it rests on."""


def settable() -> Mapping[CodeMotif, Settable]:
    """Return what there are settings of: the control or model of a code, else what follows a kind of subject."""
    those: tuple[Settable, ...] = (*SUBJECTS, *FORESTS, *KINDS, *CONTROLS)  # of a code the last one
    return {one.code: one for one in those}


def nearest(name: str) -> str:
    """Return a hint for a code that there is not.

    Examples
    --------
    >>> nearest("montant_rond"), nearest("DOUBLONS")
    ('did you mean MONTANT_ROND?', 'did you mean DOUBLON?')
    """
    near = near_codes(name)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"there are {', '.join(sorted(code.value for code in settable()))}"


def faults(parametres: Parametres) -> list[str]:
    """Return what makes no sense in settings, each as a sentence for a person; empty where all does.

    Parameters
    ----------
    parametres : Parametres
        A whole version, decoded or built: types are checked again.

    Examples
    --------
    >>> from schemas import CodeMotif, Parametres, ReglageControle
    >>> faults(Parametres(societe_id=1, budget_alertes=0.02))
    []
    >>> off = {CodeMotif.DESEQUILIBRE: ReglageControle(actif=False)}
    >>> print(faults(Parametres(societe_id=1, controles=off))[0].partition(" (")[0])
    control DESEQUILIBRE cannot be switched off: regulation requires it
    """
    numbers = list(_not_finite(parametres))
    if numbers:
        return numbers
    outside = [
        *_budget(parametres),
        *_shares(parametres),
        *_no_amounts(parametres),
        *treasury_faults(parametres.tresorerie),
        *alert_faults(parametres.alertes, nearest),
    ]
    if outside:
        return outside
    try:
        msgspec.convert(msgspec.to_builtins(parametres), Parametres)
    except msgspec.ValidationError as error:
        return [placed(error)]
    found = [
        *_amounts(parametres),
        *_words(parametres.mots_cles),
        *_days(parametres.jours_feries),
        *_controls(parametres),
        *_attenuations(parametres),
        *_no_alerts(parametres),
    ]
    told = {"auteur": parametres.auteur, "motif": parametres.motif}
    found += [f"{name} contains a NUL character, which no database keeps" for name in told if "\0" in told[name]]
    size = len(msgspec.json.encode(parametres))
    if size > MAX_BYTES:
        found.append(f"the settings take {size:,} bytes, and there is room for {MAX_BYTES:,}; shorten their lists")
    return found


def _not_finite(parametres: Parametres) -> Iterator[str]:
    """Tell numbers that are none: they pass comparisons, and JSON cannot carry them."""
    told = {
        "budget_alertes": parametres.budget_alertes,
        "tresorerie.probabilite_alerte": parametres.tresorerie.probabilite_alerte,
    }
    for code, setting in parametres.controles.items():
        told |= {f"{code}.seuil": setting.seuil or 0.0, f"{code}.poids": setting.poids or 0.0}
    for one in parametres.attenuations:
        told[f"attenuation of {one.code} in {one.journal_code}"] = one.facteur
    for name, value in told.items():
        if not math.isfinite(value):
            yield f"{name} is {value}, which is no number; give a finite one"


def placed(error: msgspec.ValidationError) -> str:
    """Return what is wrong, after the place where it is.

    Examples
    --------
    >>> placed(msgspec.ValidationError("Expected `int`, got `str` - at `$.version`"))
    'version: expected `int`, got `str`'
    """
    said, _, where = str(error).partition(" - at `$.")
    return f"{where.rstrip('`')}: {said[:1].lower()}{said[1:]}" if where else said


def _budget(parametres: Parametres) -> Iterator[str]:
    budget = parametres.budget_alertes
    if not MIN_BUDGET <= budget <= MAX_BUDGET:
        yield (
            f"budget_alertes {budget:g} is the share of entries to look at: at least {MIN_BUDGET} (one entry in "
            f"10,000) and at most {MAX_BUDGET:g}; usual is 0.01"
        )


def _shares(parametres: Parametres) -> Iterator[str]:
    """Tell weights and factors that are not between 0 and 1, by their controls: a decoder does not name these."""
    for code, setting in parametres.controles.items():
        if setting.poids is not None and not 0 <= setting.poids <= 1:
            yield f"weight {setting.poids:g} of control {code} is not between 0 (no evidence) and 1 (certainty)"
    for one in parametres.attenuations:
        if not 0 <= one.facteur <= 1:
            yield f"factor {one.facteur:g} of {one.code} in journal {one.journal_code} is not between 0 and 1"


def _no_amounts(parametres: Parametres) -> Iterator[str]:
    named = [("plafonds_approbation", limit) for limit in parametres.plafonds_approbation]
    if parametres.seuil_signification is not None:
        named.append(("seuil_signification", parametres.seuil_signification))
    for field, amount in named:
        try:
            msgspec.convert(amount, Montant)
        except msgspec.ValidationError:
            yield f"{field}: {amount!r} is no amount in euros; digits alone, with a dot for cents, such as 5000.00"


def _amounts(parametres: Parametres) -> Iterator[str]:
    floor = parametres.seuil_signification
    if floor is not None and to_minor(floor) <= 0:
        yield f"seuil_signification {floor} is no amount that anything could reach; it must be more than 0"
    limits = parametres.plafonds_approbation
    for limit in limits:
        if to_minor(limit) <= 0:
            yield f"approval limit {limit} is no limit; it must be more than 0"
    yield from _twice([to_minor(limit) for limit in limits], limits, "approval limit")
    yield from _too_many(limits, MAX_LIMITS, "approval limits")


def _words(words: Sequence[str]) -> Iterator[str]:
    least, most = WORD_LENGTH
    spelled = [(plain(word.rstrip("*")), word.rstrip().endswith("*")) for word in words]
    for word, (text, _) in zip(words, spelled, strict=True):
        if not least <= len(text) <= most:
            yield f"watched word {word[:most]!r} has {len(text)} characters to search for; give {least} to {most}"
    yield from _twice(spelled, words, "watched word")
    yield from _too_many(words, MAX_WORDS, "watched words")


def _days(days: Sequence[dt.date]) -> Iterator[str]:
    first, last = HOLIDAYS
    for day in days:
        if not first <= day <= last:
            yield f"day off {day} is not between {first} and {last}; is the year right?"
    yield from _twice(days, [str(day) for day in days], "day off")
    yield from _too_many(days, MAX_HOLIDAYS, "days off")


def _controls(parametres: Parametres) -> Iterator[str]:
    known = settable()
    for code, setting in parametres.controles.items():
        if code not in known:
            yield _no_control(code)
            continue
        if setting.seuil is not None and setting.seuil < 0:
            yield f"threshold {setting.seuil:g} of control {code} is negative; thresholds are 0 or more"
        one = known[code]
        if one.required:
            yield from _weakened(code, setting, one.weight, one.threshold, one.source)
        # Subjects that go by the same code are switched off with it.
        sources = [subject.source for subject in SUBJECTS if subject.code is code and subject.required]
        if sources and not one.required and not (setting.actif and setting.poids != 0):
            yield f"control {code} cannot be switched off: regulation requires it ({sources[0]})"


def _no_control(code: CodeMotif) -> str:
    return f"{code} is no control of this version, so a setting of it would have no effect; {nearest(code)}"


def _weakened(code: CodeMotif, setting: ReglageControle, weight: float, threshold: float, source: str) -> Iterator[str]:
    why = f"regulation requires it ({source})"
    if not setting.actif:
        yield f"control {code} cannot be switched off: {why}; leave `actif` out"
    if setting.poids is not None and setting.poids < weight:
        yield (
            f"weight {setting.poids:g} of control {code} is less than its default {weight:g}, and it cannot be "
            f"lowered: {why}; give {weight:g} to 1"
        )
    if setting.seuil is not None and setting.seuil > threshold:
        yield (
            f"threshold {setting.seuil:g} of control {code} is more than its default {threshold:g}, and it cannot be "
            f"raised: {why}; give 0 to {threshold:g}"
        )


def _attenuations(parametres: Parametres) -> Iterator[str]:
    known = settable()
    for one in parametres.attenuations:
        if one.code not in known:
            yield _no_control(one.code)
        control = known.get(one.code)
        if control is not None and control.required and one.facteur < 1:
            yield (
                f"control {one.code} cannot be attenuated (journal {one.journal_code}, factor {one.facteur:g}): "
                f"regulation requires it ({control.source})"
            )
        if one.rejets > one.avis:
            yield (
                f"attenuation of {one.code} in journal {one.journal_code}: {one.rejets} of {one.avis} verdicts cannot "
                "have said false positive"
            )
    keys = [(one.code, one.journal_code) for one in parametres.attenuations]
    yield from _twice(keys, [f"{code} in journal {journal}" for code, journal in keys], "attenuation of")


def _no_alerts(parametres: Parametres) -> Iterator[str]:
    """Tell alerts that are on and of which no control can make any."""
    alerts = parametres.alertes
    off = {code for code, setting in parametres.controles.items() if not setting.actif or setting.poids == 0}
    wanted = frozenset(alerts.controles or CodeMotif)
    if alerts.actif and not wanted - off - frozenset(alerts.sauf_controles):
        yield (
            "alertes: `controles`, `sauf_controles` and the controls that are switched off leave none that could make "
            "an alert; leave some of them out, or set actif=false where no alerts are wanted"
        )


def _twice(keys: Sequence[object], names: Sequence[str], what: str) -> Iterator[str]:
    """Tell what stands in a list that means the same as something before it."""
    first: dict[object, str] = {}
    for key, name in zip(keys, names, strict=True):
        if key in first:
            same = "" if first[key] == name else f", as {first[key]!r}"
            yield f"{what} {name!r} is given twice{same}; leave one out"
        first.setdefault(key, name)


def _too_many(found: Sequence[object], most: int, what: str) -> Iterator[str]:
    if len(found) > most:
        yield f"{len(found)} {what} are too many; give at most {most}"
