"""What can be wrong with a wish."""

from collections.abc import Iterable

__all__ = ["UnknownTimer"]


class UnknownTimer(LookupError):
    """A name that no timer has; the message lists those that there are."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"there is no timer {name!r}; there are {', '.join(sorted(known))}")
