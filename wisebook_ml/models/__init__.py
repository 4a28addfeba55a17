"""The models that take part in a score, as the scoring core uses them: fitted elsewhere, evaluated here."""
