"""What commands say where they cannot do what was asked."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

__all__ = ["PICTURES", "drawing", "saying"]

PICTURES = frozenset({".png", ".svg", ".pdf"})
"""Kinds of files that a plot is written to."""


@contextmanager
def saying(*kinds: type[Exception]) -> Iterator[None]:
    """Say what was wrong in a line, whatever part it came from.

    Parameters
    ----------
    *kinds : type of Exception
        Those whose message is for people.
    """
    try:
        yield
    except kinds as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def drawing() -> Iterator[None]:
    """Say what pictures need, where it is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"pictures need {error.name}, which comes with the extra `train`: pip install 'wisebook_ml[train]'"
        ) from error
