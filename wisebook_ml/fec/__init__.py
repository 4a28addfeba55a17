"""The French ledger file (fichier des écritures comptables, article A47 A-1 LPF), in and out.

`read_fec` reads one as it is found in the wild, `write_fec` writes a compliant one.
"""

from wisebook_ml.fec.exceptions import FecError, FecWriteError, NotAFecError
from wisebook_ml.fec.findings import Code, Finding
from wisebook_ml.fec.reader import Fec, FecReport, read_fec
from wisebook_ml.fec.writer import fec_file_name, write_fec

__all__ = [
    "Code",
    "Fec",
    "FecError",
    "FecReport",
    "FecWriteError",
    "Finding",
    "NotAFecError",
    "fec_file_name",
    "read_fec",
    "write_fec",
]
