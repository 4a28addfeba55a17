"""Who may do what: rights, callers, and the secrets that tell them apart. Knows neither HTTP nor SQL."""

from wisebook_ml.access.caller import Caller
from wisebook_ml.access.masking import masked, shown
from wisebook_ml.access.rights import Right
from wisebook_ml.access.secrets import csrf_of, digest, new_secret, new_token

__all__ = ["Caller", "Right", "csrf_of", "digest", "masked", "new_secret", "new_token", "shown"]
