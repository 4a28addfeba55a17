"""Time: what counting rows costs beside scoring them, and what a daily check takes."""

import time

from bench.evaluate.drift.data import Rows
from bench.evaluate.drift.rolling import DAY, LONGEST, drawn, reference, seeded, sketch_of
from bench.results import Results, line_of
from wisebook_ml.drift.sketch import Sketch

__all__ = ["report_speed"]

ROWS, TIMES = 1_000, 50
LINES_PER_ENTRY = 3.2
SCORED = 100_000
"""Lines that scoring does in a second on one core: its target."""

SHARE = 0.10


def report_speed(results: Results, rows: Rows, seed: int) -> None:
    """Add the processor time of counting a batch of 1,000 rows, of a check, and of a reference; and sizes."""
    rng = seeded(seed, 6)
    begun = time.process_time()
    monitor = reference(rows.table, rng)
    made = time.process_time() - begun
    batch, sketch = drawn(rows.table, ROWS, rng), Sketch(monitor.reference.layout)
    sketch.update(batch)
    begun = time.process_time()
    for _ in range(TIMES):
        sketch.update(batch)
    counted = (time.process_time() - begun) / TIMES
    budget = ROWS * LINES_PER_ENTRY / SCORED
    results.add(
        line_of(
            "drift.cost_of_counting",
            counted / budget,
            "of scoring",
            at_most=SHARE,
            milliseconds=1000 * counted,
            rows=ROWS,
            variables=len(monitor.reference.layout.variables),
        )
    )
    days = [sketch_of(monitor, drawn(rows.table, DAY, rng)) for _ in range(LONGEST)]
    begun = time.process_time()
    monitor.check(days)
    results.add(line_of("drift.check", 1000 * (time.process_time() - begun), "ms", reference_seconds=made))
    results.add(line_of("drift.sketch", len(days[0].dump()), "bytes", reference=len(monitor.reference.dump())))
