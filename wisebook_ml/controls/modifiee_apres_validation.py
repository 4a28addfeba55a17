"""An entry changed or deleted after its validation."""

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View


def measure(view: View) -> Finding:
    """Find validated entries whose content changed; lettering may still be added."""
    return Finding(view.habits.entry["altered"])


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Say whether it was changed or deleted."""
    deleted = bool(view.facts.deleted[entry])
    return (
        f"Écriture {'supprimée' if deleted else 'modifiée'} après sa validation.",
        f"Entry {'deleted' if deleted else 'changed'} after its validation.",
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
