"""The topics, declared in one place."""
