"""What can go wrong with pseudonyms; the messages say what to do."""

__all__ = ["DamagedPseudonym", "KeyErased", "KeyUnknown", "MasterKeyError", "NameTooLong", "PseudonymError"]


class PseudonymError(ValueError):
    """A name cannot be made a pseudonym, or a pseudonym not be read."""


class MasterKeyError(PseudonymError):
    """The master key is missing, no key, or another one than the companies' keys were kept with."""


class DamagedPseudonym(PseudonymError):
    """It is none, or a part of one, or was changed."""


class KeyUnknown(PseudonymError):
    """There is no key with which it can be read."""


class KeyErased(PseudonymError):
    """The key was deleted: its names are gone, and no new ones are published before there is another key."""


class NameTooLong(PseudonymError):
    """Its pseudonym does not fit into the field."""
