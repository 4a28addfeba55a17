"""The dashboard: pages for people who look rather than read, over the same API as everybody's programs.

The pages are shells: what they show, their scripts ask the API for. There is no build step, nothing is loaded from
elsewhere, and a strict Content-Security-Policy holds them to that.
"""

from wisebook_ml.api.pages.routes import pages_router

__all__ = ["pages_router"]
