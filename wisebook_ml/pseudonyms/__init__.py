"""Names as pseudonyms, with a key of each company: whoever deletes the key erases the names, wherever they are.

Pseudonymisation as art. 4(5) of the GDPR (Regulation (EU) 2016/679) defines it: without the key, which is kept apart,
nothing can be attributed to a person. Records on topics are never changed, so that a name in one could not be erased
(art. 17) but by making it unreadable: crypto-shredding. Knows neither Kafka, HTTP nor SQL.
"""

from wisebook_ml.pseudonyms.cipher import Pseudonymiser, new_key
from wisebook_ml.pseudonyms.entries import pseudonymised
from wisebook_ml.pseudonyms.exceptions import (
    DamagedPseudonym,
    KeyErased,
    KeyUnknown,
    MasterKeyError,
    NameTooLong,
    PseudonymError,
)
from wisebook_ml.pseudonyms.keyring import Keyring
from wisebook_ml.pseudonyms.master import MasterKey, Wrapped
from wisebook_ml.pseudonyms.reading import replaced

__all__ = [
    "DamagedPseudonym",
    "KeyErased",
    "KeyUnknown",
    "Keyring",
    "MasterKey",
    "MasterKeyError",
    "NameTooLong",
    "PseudonymError",
    "Pseudonymiser",
    "Wrapped",
    "new_key",
    "pseudonymised",
    "replaced",
]
