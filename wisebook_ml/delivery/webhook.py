"""One POST to a webhook: bounded in time and size, to a checked address, followed nowhere else."""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from functools import cache

import certifi
import httpx

from wisebook_ml.access import shown
from wisebook_ml.clock import utc_now
from wisebook_ml.delivery.guard import Refused, allowed_addresses
from wisebook_ml.delivery.schedule import Answer, Kind, retry_after

__all__ = ["Limits", "post", "tls_context"]

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
"""A receiver that works longer should take the alert, answer 202, and work then."""

BODY_SECONDS = 2.0
READ_BYTES = 2_000
"""Of an answer that is no 2xx: enough for a person to see what is wrong. The rest is not read."""

SHOWN_CHARACTERS = 200

FULL_RETRY = frozenset({408, 409, 423, 425, 429})
"""Statuses 4xx that say "not now"."""

PORTS = {"http": 80, "https": 443}


class Limits:
    """What attempts may do.

    Parameters
    ----------
    seconds : float
        Longest time from the first packet to the answer, however many bytes come meanwhile.
    http, private : bool
        Whether unencrypted requests, and addresses that are not public, are allowed.
    """

    def __init__(self, seconds: float, *, http: bool = False, private: bool = False) -> None:
        self.seconds = seconds
        self.http = http
        self.private = private


@cache
def tls_context() -> ssl.SSLContext:
    """Return how servers are verified: by the authorities of Mozilla and of this machine (SSL_CERT_FILE, too)."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def post(url: str, body: bytes, headers: Mapping[str, str], limits: Limits) -> Answer:
    """Send a request and return what came of it; nothing that a receiver does is an exception here.

    The name is resolved once, and the request goes to an address that was checked. No proxy of the environment is used:
    it would resolve the name again.
    """
    try:
        target = httpx.URL(url)
        host, port = target.raw_host.decode("ascii"), target.port or PORTS.get(target.scheme)
    except (httpx.InvalidURL, UnicodeError) as error:
        return Answer(Kind.NEVER, f"the address is no URL: {error}")
    if not host:
        return Answer(Kind.NEVER, f"refused: the address {shown(url)} names no host")
    if target.scheme not in PORTS or port is None:
        return Answer(Kind.NEVER, f"refused: {target.scheme}:// is none of https://, http://")
    if target.scheme == "http" and not limits.http:
        return Answer(
            Kind.NEVER,
            "refused: http:// is not encrypted; use https://, or set WISEBOOK_ML_WEBHOOK_HTTP=true",
        )
    try:
        addresses = allowed_addresses(host, port, private=limits.private)
    except Refused as error:
        return Answer(Kind.NEVER, f"refused: {error}")
    except OSError as error:
        return Answer(Kind.RETRY, f"the name {host} is not known: {error.strerror or error}")
    try:
        return asyncio.run(_within(target, host, addresses, body, headers, limits))
    except TimeoutError:
        return Answer(Kind.RETRY, f"no whole answer within {limits.seconds:g} s")


async def _within(
    target: httpx.URL, host: str, addresses: list[str], body: bytes, headers: Mapping[str, str], limits: Limits
) -> Answer:
    async with asyncio.timeout(limits.seconds):
        connect, read = min(CONNECT_SECONDS, limits.seconds), min(READ_SECONDS, limits.seconds)
        transport = httpx.AsyncHTTPTransport(verify=tls_context(), trust_env=False)
        timeout = httpx.Timeout(read, connect=connect)
        async with httpx.AsyncClient(transport=transport, timeout=timeout, trust_env=False) as client:
            answer = Answer(Kind.RETRY, "no address")
            for address in addresses:
                request = client.build_request(
                    "POST",
                    target.copy_with(host=address),
                    content=body,
                    headers={**headers, "host": target.netloc.decode("ascii"), "accept-encoding": "identity"},
                    extensions={"sni_hostname": host},
                )
                try:
                    return await _exchange(client, request)
                except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                    answer = Answer(Kind.RETRY, _cannot_connect(error, address))
                except httpx.TimeoutException:
                    return Answer(Kind.RETRY, f"no answer within {read:g} s")
                except httpx.HTTPError as error:
                    return Answer(Kind.RETRY, f"no answer that is HTTP: {error or type(error).__name__}")
            return answer


def _cannot_connect(error: httpx.HTTPError, address: str) -> str:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, ssl.SSLError):
        return f"no secure connection with {address}: {getattr(cause, 'verify_message', '') or cause}"
    return f"no connection with {address}: {error or 'no answer in time'}"


async def _exchange(client: httpx.AsyncClient, request: httpx.Request) -> Answer:
    response = await client.send(request, stream=True, follow_redirects=False)
    try:
        code = response.status_code
        if response.is_success:
            return Answer(Kind.DELIVERED, code=code)
        if 300 <= code < 400:
            where = response.headers.get("location", "")
            return Answer(
                Kind.FEW,
                f"redirects to {shown(where) or 'nowhere'}; that is not followed: set that address, if it is right",
                code=code,
            )
        said = await _beginning(response)
        told = f"answered {code} {response.reason_phrase}".rstrip() + (f": {said}" if said else "")
        if code == httpx.codes.GONE:
            return Answer(Kind.NEVER, told, code=code)
        wait = retry_after(response.headers.get("retry-after"), utc_now())
        kind = Kind.RETRY if code >= 500 or code in FULL_RETRY else Kind.FEW
        return Answer(kind, told, code=code, wait=wait)
    finally:
        await response.aclose()


async def _beginning(response: httpx.Response) -> str:
    """Return the beginning of an answer in one line, as far as it comes."""
    read = b""
    with suppress(httpx.HTTPError, TimeoutError):
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in response.aiter_raw(READ_BYTES):
                read += chunk
                if len(read) >= READ_BYTES:
                    break
    text = " ".join(read[:READ_BYTES].decode(errors="replace").split())
    return "".join(letter for letter in text if letter.isprintable())[:SHOWN_CHARACTERS]
