"""The system's Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, expect, sync_playwright

CHROMIUM = "WISEBOOK_ML_CHROMIUM"
"""Environment variable with the path of the Chromium to use instead of the system's."""

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

BROWSER_MS = 60_000
"""Longest wait for anything that a page should show, in milliseconds; it takes some, unless the machine is busy."""


class NoChromium(Exception):
    """There is none; the message says what to do."""


def chromium() -> str:
    """Return the path of the Chromium to use.

    Raises
    ------
    NoChromium
        Where there is none.
    """
    asked = os.environ.get(CHROMIUM)
    found = next(filter(None, map(shutil.which, [asked] if asked else CHROMIUM_NAMES)), None)
    if found is None:
        raise NoChromium(
            f"{f'{CHROMIUM}={asked} is no program' if asked else 'There is no Chromium on this machine'}, which the "
            f"pages need: install it (`apt-get install chromium`), or name its path in {CHROMIUM}."
        )
    return found


@contextmanager
def opened(path: str) -> Iterator[Browser]:
    """Start a Chromium; gives it."""
    expect.set_options(timeout=BROWSER_MS)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path)
        yield started
        started.close()
