"""Training: data from the topics themselves, a model fitted on it, and a version that takes effect at an offset."""
