"""What a replay does: which records of which partitions, with which models and settings."""

import hashlib
from collections.abc import Collection, Mapping

import msgspec

from schemas import Activation, Reglage, TypeModele

__all__ = ["Plan", "Stretch", "shares"]

Stretch = tuple[int, int]
"""The first offset, and the first one behind the last."""

ID_BYTES = 8


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A replay, so that two of the same plan have the same results.

    Attributes
    ----------
    topic, topic_id : str
        Full name of the entries' topic, and Kafka's own id of it.
    partitions : int
        How many it has.
    stretches : mapping of int to (int, int)
        What is scored of each partition, where there is anything.
    societes : tuple of int
        Whose entries; empty for all companies.
    activations, reglages : tuple
        Models and settings that are in force from the beginning of each stretch to its end, whatever markers say.
    fold : str
        What a state rests on: the version of the program.
    """

    topic: str
    topic_id: str
    partitions: int
    stretches: Mapping[int, Stretch]
    societes: tuple[int, ...] = ()
    activations: tuple[Activation, ...] = ()
    reglages: tuple[Reglage, ...] = ()
    fold: str

    @property
    def id(self) -> str:
        """A short digest of it."""
        return hashlib.blake2b(msgspec.json.encode(self), digest_size=ID_BYTES).hexdigest()

    @property
    def changes_versions(self) -> bool:
        """Whether models or settings are others than those that were in force."""
        return bool(self.activations or self.reglages)

    @property
    def kinds(self) -> Collection[tuple[int, TypeModele]]:
        """Companies and kinds of models that `activations` concern."""
        return {(one.societe_id, one.version.type_modele) for one in self.activations}


def shares(sizes: Mapping[int, int], processes: int) -> list[list[int]]:
    """Divide partitions among processes: the largest first, each to the one that has least.

    Examples
    --------
    >>> shares({0: 5, 1: 9, 2: 1, 3: 4}, 2)
    [[1, 2], [0, 3]]
    >>> shares({4: 7}, 2)
    [[4]]
    """
    parts: list[list[int]] = [[] for _ in range(min(processes, len(sizes)))]
    for number in sorted(sizes, key=lambda number: (-sizes[number], number)):
        min(parts, key=lambda part: sum(sizes[other] for other in part)).append(number)
    return [sorted(part) for part in parts]
