"""The French ledger file (fichier des écritures comptables, article A47 A-1 LPF), in and out."""

from wisebook_ml.fec.exceptions import FecError, FecWriteError, NotAFecError
from wisebook_ml.fec.writer import fec_file_name, write_fec

__all__ = ["FecError", "FecWriteError", "NotAFecError", "fec_file_name", "write_fec"]
