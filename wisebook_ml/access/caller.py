"""Who calls: what is known of a token that was let in."""

from dataclasses import dataclass

from wisebook_ml.access.rights import Right

__all__ = ["Caller"]


@dataclass(frozen=True, slots=True)
class Caller:
    """A token that is known, neither expired nor revoked.

    Parameters
    ----------
    token_id : int
        Its number in the registry.
    name : str
        Whose it is; verdicts and changes bear this name.
    companies : frozenset of int, or None
        The companies that it sees; None: all of them.
    rights : frozenset of Right
        What it may do there.

    Examples
    --------
    >>> caller = Caller(1, "Claire", frozenset({7}), frozenset({Right.READ}))
    >>> caller.sees(7), caller.sees(8), caller.may(Right.VERDICT)
    (True, False, False)
    """

    token_id: int
    name: str
    companies: frozenset[int] | None
    rights: frozenset[Right]

    def sees(self, societe_id: int) -> bool:
        """Tell whether a company is one of its own."""
        return self.companies is None or societe_id in self.companies

    def may(self, right: Right) -> bool:
        """Tell whether it has a right."""
        return right in self.rights or Right.ADMIN in self.rights
