"""The policies in force, asked of the database once a second at most."""

import time
from collections.abc import Callable, Collection

from wisebook_ml.alerting.policy import Policy, policy_of
from wisebook_ml.storage import SettingsStore

__all__ = ["Policies"]

FRESH_SECONDS = 1.0
"""How long a policy is taken for the one in force: a change of it takes effect within that time."""

MOST = 10_000
"""Companies whose policies are remembered; beyond, all are asked for again."""


class Policies:
    """Tells policies.

    They come from SQL, which has each version before it is announced on `settings`: so a worker that has just started
    knows them all, and there is nothing to fall behind with.

    Parameters
    ----------
    store : SettingsStore
        Knows the versions of settings that were announced.
    clock : callable
        Monotonic seconds.
    """

    def __init__(self, store: SettingsStore, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[int, tuple[float, Policy]] = {}

    def of(self, companies: Collection[int]) -> dict[int, Policy]:
        """Return the policy of each company; the default of all where it has set nothing.

        Raises
        ------
        DatabaseUnreachable
            When the database does not answer.
        """
        since = self._clock() - FRESH_SECONDS
        stale = [one for one in companies if one not in self._known or self._known[one][0] <= since]
        if stale:
            if len(self._known) > MOST:
                self._known.clear()
                stale = list(companies)
            at = self._clock()
            for societe_id, parametres in self._store.announced(stale).items():
                self._known[societe_id] = (at, policy_of(parametres))
        return {one: self._known[one][1] for one in companies}
