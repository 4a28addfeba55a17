"""What a comparison comes to, in lines for a person."""

from collections.abc import Iterator

from schemas import Detection
from wisebook_ml.replay.comparison import Change, Comparison, Kind

__all__ = ["change_line", "headline", "rows_of_controls"]


def headline(figures: Comparison) -> Iterator[str]:
    """Yield what there is of open detections: the same, new, gone, changed; and what stays as it is."""
    yield (
        f"{figures.same:,} the same, {figures.new:,} new, {figures.gone:,} gone, {figures.changed:,} with another "
        "score or other reasons"
    )
    if figures.relabelled:
        yield f"{figures.relabelled:,} the same but for the versions of models and settings that they name"
    if figures.missing:
        yield f"nothing at all is published of {figures.missing:,}, open or closed"
    if figures.superseded:
        yield f"{figures.superseded:,} were told of again after the range, and stay as they are"


def rows_of_controls(figures: Comparison) -> list[tuple[str, int, int, int, int]]:
    """Return, for each reason, how many open detections have it before and after, and have it new or no more."""
    rows = [(code, of.before, of.after, of.new, of.gone) for code, of in figures.controls.items()]
    return sorted(rows, key=lambda row: (-(row[3] + row[4]), -row[2], row[0]))


def change_line(change: Change) -> str:
    """Return a change in a line: what it is about, the score before and after, and the reasons."""
    before, after = change.scores
    about = change.publish
    subject = f"{about.objet.type.value.lower()} {about.objet.id}"
    reasons = ", ".join(_reasons(change.before if change.kind is Kind.GONE else change.after))
    return f"company {about.societe_id} {subject}: {change.kind.value}, {before:.1f} to {after:.1f} ({reasons})"


def _reasons(detection: Detection | None) -> list[str]:
    return [] if detection is None else [motif.code.value for motif in detection.motifs]
