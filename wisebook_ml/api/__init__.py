"""The REST API: what is stored, read over HTTP by those who hold a token."""

from wisebook_ml.api.app import create_api

__all__ = ["create_api"]
