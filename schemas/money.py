"""Money: decimal strings with a dot in events, whole minor units (cents) inside.

No float ever takes part: ``0.1 + 0.2`` must balance ``0.3``.
"""

from typing import Annotated

from msgspec import Meta

__all__ = ["MAX_MINOR", "MAX_TOTAL_MINOR", "Montant", "MontantDevise", "MontantTotal", "from_minor", "to_minor"]

MAX_MINOR = 10**13 - 1
"""Largest amount in cents (eleven digits of euros): as many lines as an entry may have still sum within an int64."""

# Patterns end with $(?!\n): Python's $ alone would allow a line feed after it.

Montant = Annotated[
    str,
    Meta(
        pattern=r"^-?[0-9]{1,11}(\.[0-9]{1,2})?$(?!\n)",
        description="Amount in euros, as a decimal string with a dot.",
        examples=["1234.50", "-0.07", "12"],
    ),
]

MAX_TOTAL_MINOR = 10**15 - 1
"""Largest sum of an entry's debits or credits in cents (thirteen digits of euros): what SQL keeps exactly."""

MontantTotal = Annotated[
    str,
    Meta(
        pattern=r"^-?[0-9]{1,13}\.[0-9]{2}$(?!\n)",
        description="Sum of an entry in euros, as a decimal string with a dot.",
        examples=["1234.50"],
    ),
]

MontantDevise = Annotated[
    str,
    Meta(
        pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,4})?$(?!\n)",
        description="Amount in a foreign currency, as a decimal string with a dot (up to four decimals).",
        examples=["1234.500"],
    ),
]


def to_minor(montant: str) -> int:
    """Return a decimal string in cents.

    Parameters
    ----------
    montant : str
        A string that matches `Montant`; it is not validated again.

    Examples
    --------
    >>> to_minor("1234.5"), to_minor("-0.07"), to_minor("12")
    (123450, -7, 1200)
    """
    whole, _, cents = montant.partition(".")
    if not cents:
        return int(whole) * 100
    return int(whole + (cents if len(cents) == 2 else cents + "0"))


def from_minor(cents: int) -> str:
    """Return cents as the canonical decimal string, with two decimals.

    Examples
    --------
    >>> from_minor(123450), from_minor(-7)
    ('1234.50', '-0.07')
    """
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}{whole}.{rest:02d}"
