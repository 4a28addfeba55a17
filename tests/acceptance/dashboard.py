"""The dashboard of a deployment: its API as a process of its own, a token, and a page that is signed in."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from playwright.sync_api import Browser, Page, expect

from wisebook_ml.access import Right
from wisebook_ml.broker.ports import free_port
from wisebook_ml.clock import utc_now
from wisebook_ml.storage import TokenStore, open_database

from .deployment import Deployment


@contextmanager
def served(deployment: Deployment) -> Iterator[str]:
    """Run the API as a process of its own; gives its address."""
    port = free_port()
    log = deployment.settings.home / "api.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "wisebook_ml", "api", "--port", str(port)]
        process = subprocess.Popen(command, env=deployment.env, stdout=output, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            return httpx.get(f"{url}/connexion/").status_code == 200
        except httpx.TransportError:
            return False

    try:
        deployment.until(answers, "the API answers")
        yield url
    finally:
        process.terminate()
        process.wait()


def token_of(deployment: Deployment, companies: list[int] | None, *rights: Right) -> str:
    """Return a new token of Claire's, for some companies or for all."""
    engine = open_database(deployment.settings.sql_url)
    try:
        return TokenStore(engine).create("Claire", companies, rights, now=utc_now())[1]
    finally:
        engine.dispose()


def sign_in(browser: Browser, address: str, token: str) -> Page:
    """Return the page of detections, in French, of somebody who has signed in with a token."""
    page = browser.new_context(base_url=address, locale="fr-FR").new_page()
    page.goto("/")
    page.get_by_label("Jeton d’accès").fill(token)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Détections")
    return page
