"""Amounts as events write them."""

from decimal import Decimal, InvalidOperation

__all__ = ["montant"]

CENT = Decimal("0.01")


def montant(amount: Decimal | int | str) -> str:
    """Return an amount of euros as events write it: a decimal string with a dot and two decimals.

    Raises
    ------
    TypeError
        For a float, which says other cents than it shows.
    ValueError
        For what is no amount, or has parts of a cent.

    Examples
    --------
    >>> from decimal import Decimal
    >>> montant(Decimal("1234.5")), montant(12), montant("-0.07")
    ('1234.50', '12.00', '-0.07')
    >>> montant(0.1)
    Traceback (most recent call last):
    TypeError: 0.1 is a float, which cannot hold cents exactly; give a Decimal, an int or a string
    """
    if isinstance(amount, float):
        raise TypeError(f"{amount} is a float, which cannot hold cents exactly; give a Decimal, an int or a string")
    try:
        exact = Decimal(amount)
        rounded = exact.quantize(CENT)
    except InvalidOperation as error:
        raise ValueError(f"{amount!r} is no amount of euros; give a number such as 1234.50") from error
    if rounded != exact:
        raise ValueError(f"{amount} has parts of a cent; round it where your books do")
    return f"{rounded:f}"
