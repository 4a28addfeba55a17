"""Proxies in front: which of them are believed who calls, and by which scheme."""

from fastapi import FastAPI
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from wisebook_ml.settings import Settings

__all__ = ["install_proxies"]


def install_proxies(app: FastAPI, settings: Settings) -> None:
    """Have an app believe ``X-Forwarded-For`` and ``X-Forwarded-Proto`` of the settings' proxies, and of nobody else.

    The server's own belief in them (by default, in whoever calls from this machine) is to be switched off. It comes
    last, so that all that an app has sees the caller.
    """
    if settings.api_proxies:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.api_proxies))
