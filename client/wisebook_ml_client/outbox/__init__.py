"""Events that are published if, and only if, the transaction that tells them is committed.

`Outbox.add` writes an event into a table of the application's own database, within the transaction that changes what
the event tells. A relay (`Relay`) publishes what is committed, and deletes it once the brokers have it. What is
published twice, because a relay was killed in between, is the same event with the same id and revision, which readers
ignore: so each event takes effect once. The client's README has the guarantees and their limits.
"""

from wisebook_ml_client.outbox.relay import Pass, Relay
from wisebook_ml_client.outbox.store import Refusal, Store
from wisebook_ml_client.outbox.writing import Outbox

__all__ = ["Outbox", "Pass", "Refusal", "Relay", "Store"]
