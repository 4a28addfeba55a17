"""The pages and what they load."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from wisebook_ml.api.access import Access, Call
from wisebook_ml.api.pages.route import PageRoute
from wisebook_ml.api.pages.sessions import sessions_router
from wisebook_ml.api.pages.shell import HEADERS, PAGES, render
from wisebook_ml.api.pages.statics import static_file

__all__ = ["pages_router"]

OWN_CACHING = {name: value for name, value in HEADERS.items() if name != "Cache-Control"}


def pages_router(access: Access) -> APIRouter:
    """Return the routes of the dashboard.

    Parameters
    ----------
    access : Access
        The door.
    """
    router = APIRouter(route_class=PageRoute, include_in_schema=False)
    router.include_router(sessions_router(access))
    for page in PAGES:
        router.add_api_route(page.path, _shown(page.name, access), methods=["GET"], include_in_schema=False)

    @router.get("/static/{version}/{name:path}")
    def static(request: Request, version: str, name: str) -> Response:
        found = static_file(request, version, name)
        if found is None:
            raise HTTPException(404)
        found.headers.update(OWN_CACHING)
        return found

    return router


def _shown(name: str, access: Access) -> Callable[..., Response]:
    def show(request: Request, call: Annotated[Call, Depends(access.read)]) -> Response:
        return render(request, name, caller=call.caller)

    return show
