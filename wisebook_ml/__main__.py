"""``python -m wisebook_ml``: the command line."""

from wisebook_ml.cli import main

main(prog_name="wisebook-ml")
