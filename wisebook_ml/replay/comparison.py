"""What a replay found beside what is published: new, gone, changed. Pure: values in, figures and changes out."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from schemas import Detection, Etat, ModeleUtilise, Severite, TypeModele, TypeObjet
from wisebook_ml.replay.plan import Plan
from wisebook_ml.replay.results import Found
from wisebook_ml.replay.standing import ELSEWHERE, Standing

__all__ = ["BARS", "Change", "Comparison", "Kind", "OfControl", "Versions", "compare", "together"]

BARS = 20
"""Bars of scores from 0 to 100; before them one for what is no detection."""

LARGEST = 20
"""Changes that a report names, those of the largest differences of scores."""

DECODE = msgspec.json.Decoder(Detection).decode

NO_DETECTION = 0
ONLINE_MODEL = 0
"""Id by which detections name the online detector, which an Isolation Forest takes the place of."""


class Kind(StrEnum):
    """What becomes of a detection."""

    NEW = "new"
    GONE = "gone"
    CHANGED = "changed"


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A detection that would be another one.

    Attributes
    ----------
    kind : Kind
    decalage : int
        Offset of the entry that it is about.
    instant : str
        Time of that entry's event.
    before, after : Detection or None
        What stands, and what the replay found; None where that is nothing.
    publish : Detection
        What is to be published so that the replay's result holds.
    conflict : bool
        Whether that has the revision, models and settings of what stands, and another value.
    """

    kind: Kind
    decalage: int
    instant: str
    before: Detection | None = None
    after: Detection | None = None
    publish: Detection
    conflict: bool = False

    @property
    def missing(self) -> bool:
        """Whether nothing at all is published of it."""
        return self.before is None

    @property
    def relabels(self) -> bool:
        """Whether nothing but the versions of models and settings would be others."""
        if self.before is None or self.after is None:
            return False
        versions = {"modeles": self.after.modeles, "parametres_version": self.after.parametres_version}
        return replace(self.before, **versions) == self.after

    @property
    def is_of_entry(self) -> bool:
        """Whether it is about an entry; other findings are numbered by the state that tells them."""
        return self.publish.objet.type is TypeObjet.ECRITURE

    @property
    def scores(self) -> tuple[float, float]:
        """Score before and after, 0 where there is no open detection."""
        return _score(self.before), _score(self.after)


class OfControl(msgspec.Struct):
    """Open detections that have a reason: before, after, and of these changes how many have it new or no more."""

    before: int = 0
    after: int = 0
    new: int = 0
    gone: int = 0


class Comparison(msgspec.Struct):
    """Figures of partitions together.

    Attributes
    ----------
    same, new, gone, changed : int
        Open detections.
    relabelled : int
        Open detections that are the same, and name other versions of models or settings.
    missing : int
        Of which nothing is published, closed ones too.
    superseded : int
        About entries that were revised, or told of again, after the stretch: they stay as they are.
    conflicts : int
        Changes whose versions are those of what stands.
    controls : dict of str to OfControl
        By the code of a reason.
    severities : dict of str to (int, int)
        Open detections before and after.
    scores : dict of str to int
        Detections by their bars before and after (``"3/5"``).
    largest : list of Change
        Those of the largest differences.
    """

    same: int = 0
    new: int = 0
    gone: int = 0
    changed: int = 0
    relabelled: int = 0
    missing: int = 0
    superseded: int = 0
    conflicts: int = 0
    controls: dict[str, OfControl] = {}
    severities: dict[str, tuple[int, int]] = {}
    scores: dict[str, int] = {}
    largest: list[Change] = []

    @property
    def differs(self) -> bool:
        """Whether anything would be another."""
        return bool(self.new or self.gone or self.changed or self.relabelled or self.missing)


class Versions(msgspec.Struct, frozen=True):
    """Models and settings that a replay has of its own: by them what is gone is closed."""

    models: Sequence[ModeleUtilise] = ()
    instead_of_online: bool = False
    settings: Mapping[int, int] = {}

    @classmethod
    def of(cls, plan: Plan) -> "Versions":
        """Return those of a replay."""
        used = {one.version.modele_id: one.version for one in plan.activations}
        return cls(
            [ModeleUtilise(modele_id=one.modele_id, version=one.version) for one in used.values()],
            any(one.type_modele is TypeModele.ISOLATION_FOREST for one in used.values()),
            {one.societe_id: one.parametres.version for one in plan.reglages},
        )

    def closing(self, standing: Detection) -> Detection:
        """Return the record that closes what stands, since the replay has not found it."""
        ours = {one.modele_id for one in self.models}
        dropped = {ONLINE_MODEL} if self.instead_of_online else set()
        kept = [one for one in standing.modeles if one.modele_id not in ours | dropped]
        version = self.settings.get(standing.societe_id, self.settings.get(0, standing.parametres_version))
        return replace(
            standing,
            etat=Etat.CLOSE,
            score=0.0,
            severite=Severite.INFO,
            motifs=[],
            contributions={},
            modeles=[*self.models, *kept],
            parametres_version=version,
        )


def compare(
    found: Mapping[bytes, Found],
    standing: Mapping[bytes, Standing],
    end: int,
    versions: Versions,
    societes: Collection[int] = (),
) -> tuple[Comparison, list[Change]]:
    """Return what differs between what a replay found last of each detection, and what stands.

    Parameters
    ----------
    found : mapping
        By the key of the detection, the last of the stretch.
    standing : mapping
        By the same key: what is about an entry of the stretch, or was found.
    end : int
        The first offset behind the stretch.
    versions : Versions
        Of the replay.
    societes : collection of int
        The companies that were replayed; empty for all.

    Returns
    -------
    (Comparison, list of Change)
        The changes in the order of the entries that they are about.
    """
    result, changes = Comparison(), list[Change]()
    for key in {*found, *standing}:
        ours, theirs = found.get(key), standing.get(key)
        if theirs is not None and theirs.decalage >= end:
            result.superseded += 1
            continue
        after = None if ours is None else DECODE(ours.value)
        before = None if theirs is None else DECODE(theirs.value)
        if _is_later(theirs, before, after):
            result.superseded += after is not None
            continue
        told = after or before
        assert told is not None
        if societes and told.societe_id not in societes:
            continue
        _count(result, before, after)
        if ours is not None and theirs is not None and ours.value == theirs.value:
            result.same += _is_open(after)
            continue
        change = _change(ours, theirs, before, after, versions)
        if change is not None:
            changes.append(change)
    changes.sort(key=lambda one: (one.decalage, one.publish.detection_id.bytes))
    for change in changes:
        _count_change(result, change)
    result.largest = _largest(changes)
    return result, changes


def _is_later(theirs: Standing | None, before: Detection | None, after: Detection | None) -> bool:
    """Tell whether what stands, from a topic that this one was moved from, is not what was replayed but later."""
    if theirs is None or before is None or theirs.decalage != ELSEWHERE:
        return False
    return after is None or before.revision > after.revision


def _change(
    ours: Found | None, theirs: Standing | None, before: Detection | None, after: Detection | None, versions: Versions
) -> Change | None:
    """Return what would change; None where a closed detection is none, or stays closed."""
    if ours is not None and after is not None:
        if not _is_open(after) and before is not None and not _is_open(before):
            return None
        kind = Kind.NEW if not _is_open(before) else Kind.CHANGED if _is_open(after) else Kind.GONE
        return _made(kind, ours.decalage, ours.instant, before, after, after)
    assert before is not None
    if not _is_open(before):
        return None
    assert theirs is not None
    return _made(Kind.GONE, theirs.decalage, theirs.instant, before, None, versions.closing(before))


def _made(
    kind: Kind, decalage: int, instant: str, before: Detection | None, after: Detection | None, publish: Detection
) -> Change:
    conflict = before is not None and before != publish and _key(before) == _key(publish)
    return Change(
        kind=kind,
        decalage=decalage,
        instant=instant,
        before=before,
        after=after,
        publish=publish,
        conflict=conflict,
    )


def _key(one: Detection) -> tuple[uuid.UUID, int, tuple[tuple[int, int], ...], int]:
    """Return what may have one value only (docs/architecture.md)."""
    models = tuple(sorted((model.modele_id, model.version) for model in one.modeles))
    return one.detection_id, one.revision, models, one.parametres_version


def _is_open(one: Detection | None) -> bool:
    return one is not None and one.etat is Etat.OUVERTE


def _score(one: Detection | None) -> float:
    return one.score if one is not None and _is_open(one) else 0.0


def _codes(one: Detection | None) -> set[str]:
    return {motif.code.value for motif in one.motifs} if one is not None and _is_open(one) else set()


def _bar(one: Detection | None) -> int:
    return NO_DETECTION if one is None or not _is_open(one) else 1 + min(BARS - 1, int(one.score * BARS / 100))


def _count(result: Comparison, before: Detection | None, after: Detection | None) -> None:
    """Count a pair among reasons, severities and scores."""
    had, has = _codes(before), _codes(after)
    for code in had | has:
        of = result.controls.setdefault(code, OfControl())
        of.before += code in had
        of.after += code in has
        of.new += code in has - had
        of.gone += code in had - has
    for place, one in enumerate((before, after)):
        if one is not None and _is_open(one):
            counts = list(result.severities.get(one.severite.value, (0, 0)))
            counts[place] += 1
            result.severities[one.severite.value] = (counts[0], counts[1])
    bars = f"{_bar(before)}/{_bar(after)}"
    if bars != f"{NO_DETECTION}/{NO_DETECTION}":
        result.scores[bars] = result.scores.get(bars, 0) + 1


def _count_change(result: Comparison, change: Change) -> None:
    result.missing += change.missing
    result.conflicts += change.conflict
    if change.kind is Kind.NEW:
        result.new += _is_open(change.publish)
    elif change.kind is Kind.GONE:
        result.gone += 1
    elif change.relabels:
        result.relabelled += 1
    else:
        result.changed += 1


def _largest(changes: Iterable[Change]) -> list[Change]:
    def rank(one: Change) -> tuple[float, int]:
        before, after = one.scores
        return -abs(after - before), one.decalage

    return sorted((one for one in changes if not one.relabels), key=rank)[:LARGEST]


def together(parts: Iterable[Comparison]) -> Comparison:
    """Return the figures of partitions together."""
    result, largest = Comparison(), list[Change]()
    for part in parts:
        for name in ("same", "new", "gone", "changed", "relabelled", "missing", "superseded", "conflicts"):
            setattr(result, name, getattr(result, name) + getattr(part, name))
        for code, of in part.controls.items():
            into = result.controls.setdefault(code, OfControl())
            for name in into.__struct_fields__:
                setattr(into, name, getattr(into, name) + getattr(of, name))
        for severity, (before, after) in part.severities.items():
            had = result.severities.get(severity, (0, 0))
            result.severities[severity] = (had[0] + before, had[1] + after)
        for bars, count in part.scores.items():
            result.scores[bars] = result.scores.get(bars, 0) + count
        largest += part.largest
    result.largest = _largest(largest)
    return result
