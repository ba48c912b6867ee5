"""A real browser for the tests that look at pages: the distribution's Chromium, driven by Playwright.

Without one they are skipped, with the reason; on the build server (CI is set) that is a failure, since a suite
that is green because it opened nothing must not pass for one that did.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
TIMEOUT_MS = 60_000


def chromium() -> str | None:
    """The browser's program, or None."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = chromium()
    if program is None:
        reason = f"none of {', '.join(PROGRAMS)} on PATH; Debian and Ubuntu: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(f"CI forbids to skip this test: {reason}")
        pytest.skip(reason)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, headless=True, args=FLAGS)
        yield running
        running.close()


@dataclass
class Watched:
    """A page, and what went wrong in it: messages of its console, errors, requests beyond the file itself."""

    page: Page
    complaints: list[str] = field(default_factory=list)


@contextmanager
def opened(browser: Browser, path: Path, **options: Any) -> Iterator[Watched]:
    """The page in a window of its own; whatever it complained of fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
    page = context.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    watched = Watched(page)
    page.on("console", lambda message: watched.complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: watched.complaints.append(f"error: {error}"))
    page.on("request", lambda request: _note(request.url, path, watched))
    page.goto(path.as_uri(), timeout=TIMEOUT_MS)
    try:
        yield watched
        assert watched.complaints == []
    finally:
        context.close()


def _note(url: str, path: Path, watched: Watched) -> None:
    if url != path.as_uri() and not url.startswith("data:"):
        watched.complaints.append(f"request: {url[:200]}")
