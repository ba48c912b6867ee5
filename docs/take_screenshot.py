"""Writes docs/report.png: the inside of a case of a stored run, as Chromium shows the page.

``python docs/take_screenshot.py RUN [CASE]``; it needs what tests need (``make setup``).
"""

import io
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from harness import results, stored, views
from harness.report.html import page

TARGET = Path(__file__).parent / "report.png"
WIDTH, HEIGHT = 1240, 1350
COLOURS = 64


def main() -> None:
    """Make the page, open it, and keep the part from the case's name to its timeline."""
    run, *case = sys.argv[1:]
    path = stored.find(run, Path("results"))
    found, notes = views.load(path.parent)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "page.html"
        file.write_text(page.render(results.load(path), found, notes), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        window = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        window.goto(file.as_uri())
        if case:
            window.select_option("#choose", label=case[0])
        window.locator("#inside").scroll_into_view_if_needed()
        window.evaluate("scrollTo({ top: document.getElementById('inside').offsetTop - 12, behavior: 'instant' })")
        shot = Image.open(io.BytesIO(window.screenshot()))
        browser.close()
    shot.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(TARGET, optimize=True)


if __name__ == "__main__":
    main()
