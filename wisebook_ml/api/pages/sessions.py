"""Signing in with a token and out again: what turns it into the cookie of a browser."""

from hmac import compare_digest
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool

from wisebook_ml.access import Caller, Right, csrf_of
from wisebook_ml.api.access import SESSION_COOKIE, Access
from wisebook_ml.api.pages.route import SEE_OTHER, SIGN_IN, PageRoute, redirect, safe_target
from wisebook_ml.api.pages.shell import PAGES, render
from wisebook_ml.api.trail import take_down

__all__ = ["sessions_router"]

LONGEST_TOKEN = 200
"""Characters; tokens have 48. What is longer was pasted by mistake and is not looked up."""

SIGN_OUT = "/deconnexion/"

OWN_SITE = frozenset({"same-origin", "none"})
"""What `Sec-Fetch-Site` says of a form of this site, and of a person who typed the address."""


def sessions_router(access: Access) -> APIRouter:
    """Return the routes.

    Parameters
    ----------
    access : Access
        The door, and its tokens.
    """
    router = APIRouter(route_class=PageRoute, include_in_schema=False)

    @router.get(SIGN_IN)
    def form(request: Request, vers: str = PAGES[0].path) -> Response:
        return render(request, "sign_in", values={"target": safe_target(vers), "wrong": ""})

    @router.post(SIGN_IN)
    async def sign_in(request: Request) -> Response:
        if not _own_form(request):
            raise HTTPException(403)
        fields = await _fields(request)
        target = safe_target(fields.get("vers", ""))
        try:
            caller = await run_in_threadpool(_known, access, request, fields.get("jeton", "").strip())
        except HTTPException as error:
            wrong = {"target": target, "wrong": f"sign_in.{error.status_code}"}
            return render(request, "sign_in", status=error.status_code, values=wrong)
        session = await run_in_threadpool(access.tokens.sign_in, caller, access.clock())
        await run_in_threadpool(take_down, request, caller, SEE_OTHER)
        response = redirect(target)
        # No `max_age`: it ends with the browser, and in any case when the session does.
        secure = request.url.scheme == "https"
        response.set_cookie(SESSION_COOKIE, session, path="/", secure=secure, httponly=True, samesite="strict")
        return response

    @router.post(SIGN_OUT)
    async def sign_out(request: Request) -> Response:
        session = request.cookies.get(SESSION_COOKIE, "")
        sent = (await _fields(request)).get("csrf", "")
        if not _own_form(request) or not compare_digest(sent.encode(), csrf_of(session).encode()):
            raise HTTPException(403)
        caller = await run_in_threadpool(access.tokens.of_session, session, access.clock())
        await run_in_threadpool(access.tokens.sign_out, session)
        if caller is not None:
            await run_in_threadpool(take_down, request, caller, SEE_OTHER)
        response = redirect(SIGN_IN)
        response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="strict")
        return response

    return router


def _known(access: Access, request: Request, token: str) -> Caller:
    caller = access.token(request, token[:LONGEST_TOKEN])
    if not caller.may(Right.READ):
        raise HTTPException(403)
    access.count(caller)
    return caller


def _own_form(request: Request) -> bool:
    """Tell whether a form of this site sent this; another one could sign a person in as somebody else."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in OWN_SITE
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("Host")


async def _fields(request: Request) -> dict[str, str]:
    """Return what a form has sent; of what is no form, nothing."""
    body = (await request.body()).decode("utf-8", errors="replace")
    try:
        told = parse_qs(body, max_num_fields=10)
    except ValueError:
        return {}
    return {name: values[-1] for name, values in told.items()}
