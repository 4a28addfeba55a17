"""An entry changed or deleted after its validation."""

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View
from wisebook_ml.controls.texts import date_en, date_fr


def measure(view: View) -> Finding:
    """Find validated entries whose content changed; lettering may still be added."""
    return Finding(view.habits.entry["altered"])


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Say whether it was changed or deleted, by which revision, and when it had been validated.

    What it said before is not remembered as text, and so not named.
    """
    deleted, record = bool(view.facts.deleted[entry]), view.batch.entry(entry)
    day = record.valid_date
    on_fr, on_en = ("", "") if day is None else (f" du {date_fr(day)}", f" of {date_en(day)}")
    return (
        f"Écriture {'supprimée' if deleted else 'modifiée'} après sa validation{on_fr} (révision {record.revision}).",
        f"Entry {'deleted' if deleted else 'changed'} after its validation{on_en} (revision {record.revision}).",
    )


CONTROL = Control(
    code=CodeMotif.MODIFIEE_APRES_VALIDATION,
    attribute="valid_date",
    threshold=1.0,
    weight=0.9,
    source="PCG art. 921-3 (definitive character of validated entries); CGI art. 286",
    measure=measure,
    explain=explain,
    required=True,
)
