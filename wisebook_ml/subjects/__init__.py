"""Findings about accounts, journals and third parties over time, one kind a file, and the table that registers them.

What is wrong with an entry, the controls say. What shows only in many entries (a numbering that is unusable, digits
that nobody counted, a lettering that does not balance, a rent that did not come) is one detection about its subject.
Adding a kind is adding its file and its line in `SUBJECTS`; its code must be in `schemas.CodeMotif`.
"""

from wisebook_ml.subjects import benford, conformity, gaps, lettering, numbering, pieces, recurrence
from wisebook_ml.subjects.base import Subject, SubjectFinding

__all__ = ["SUBJECTS", "Subject", "SubjectFinding"]

SUBJECTS: tuple[Subject, ...] = (
    benford.SUBJECT,
    gaps.SUBJECT,
    numbering.SUBJECT,
    pieces.SUBJECT,
    conformity.SUBJECT,
    lettering.SUBJECT,
    recurrence.SUBJECT,
)
