"""What is said of sketches and states that cannot be."""

__all__ = ["DriftStateError", "SketchRefused"]


class SketchRefused(ValueError):
    """A record that fits its schema and contradicts itself or its reference; the message says how."""


class DriftStateError(ValueError):
    """A dump that is none of this version."""
