"""What auditors take with them: a company's detections of a period, with reasons, verdicts and their history.

`rows` reads them, `table` writes CSV, `report` gathers what a report says, `page` prints it as HTML, `printed` as PDF.
"""

from wisebook_ml.export.rows import Exported, Period, read_period
from wisebook_ml.export.table import csv_lines

__all__ = ["Exported", "Period", "csv_lines", "read_period"]
