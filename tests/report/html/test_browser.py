"""The page in a real Chromium: no complaint in its console, no request, and hover, click and keys do what they say."""

import copy
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page

from harness.trace.record import encode
from tests.analysis.accounts import write_journals
from tests.analysis.view.views import US, journals, viewed
from tests.browser import opened
from tests.report import runs
from tests.report.html.large import three_million

CHOSEN = '[role="gridcell"][aria-selected="true"]'


@pytest.fixture(scope="session")
def torn_page(torn_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("torn-page")
    document, found = copy.deepcopy(runs.loaded(torn_run))
    runs.settled(folder, document, found)
    return runs.written(folder / "report.html", document, found)


@pytest.fixture(scope="session")
def locked_page(torn_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same run, but for the view: two writers that hold a lock at the same time, which a run shows only mostly."""
    folder = tmp_path_factory.mktemp("locked")
    document, found = copy.deepcopy(runs.loaded(torn_run))
    runs.settled(folder / "settled", document, found)
    key = ("shared-append/split", "volume")
    times = {(w, s): (200, (10 + 10 * s) * US, (11 + 10 * s) * US, (14 + 10 * s) * US, (15 + 10 * s) * US)
             for w in range(2) for s in range(9)}  # fmt: skip
    text = b"".join(encode(writer, seq, 200) for seq in range(9) for writer in range(2))
    found[key] = {**found[key], **viewed(folder, [text], write_journals(folder, times))}
    return runs.written(folder / "report.html", document, found)


def chosen(page: Page) -> int:
    return int(page.locator(CHOSEN).get_attribute("data-cell") or -1)


def detail(page: Page) -> Locator:
    return page.locator("[data-cell-detail]")


def test_it_loads_and_shows_the_unsafe_case(browser: Browser, torn_page: Path) -> None:
    with opened(browser, torn_page) as watched:
        page = watched.page
        assert page.locator("#inside-title").inner_text() == "Inside shared-append/split"
        assert page.locator(".glance .badge").all_inner_texts() == ["✓\nsafe", "✕\nunsafe"]
        assert page.locator("[role=gridcell]").count() > 500
        assert page.locator("svg[role=application] [data-op]").count() >= 3
        assert "damaged:" in detail(page).inner_text()


def test_pointing_shows_a_cell_and_a_click_keeps_it(browser: Browser, torn_page: Path) -> None:
    with opened(browser, torn_page) as watched:
        page = watched.page
        first = chosen(page)
        page.locator(f'[data-cell="{first + 7}"]').hover()
        assert detail(page).get_attribute("data-cell-detail") == str(first + 7)
        page.locator("#inside-title").hover()
        assert detail(page).get_attribute("data-cell-detail") == str(first)
        page.locator(f'[data-cell="{first + 9}"]').click()
        page.locator("#inside-title").hover()
        assert detail(page).get_attribute("data-cell-detail") == str(first + 9)


def test_one_cell_of_all_files_is_kept(browser: Browser, torn_run: Path, tmp_path: Path) -> None:
    document, found = copy.deepcopy(runs.loaded(torn_run))
    runs.settled(tmp_path / "settled", document, found)
    texts = [b"".join(encode(writer, seq, 200) for seq in range(9)) for writer in range(3)]
    found["shared-append/split", "volume"] |= viewed(tmp_path, texts, journals(tmp_path, 3, 9, 200))
    with opened(browser, runs.written(tmp_path / "files.html", document, found)) as watched:
        page = watched.page
        assert page.locator("figcaption b").all_inner_texts() == ["file-0.log", "file-1.log", "file-2.log"]
        assert page.locator('.map > g[visibility="visible"]').count() == 1
        second = page.locator("figure").nth(1)
        second.locator('[data-cell="3"]').hover()
        assert "file-1.log" in detail(page).inner_text()
        page.locator("#inside-title").hover()
        assert "file-0.log" in detail(page).inner_text()
        second.locator('[data-cell="3"]').click()
        page.keyboard.press("ArrowRight")
        page.locator("#inside-title").hover()
        assert "file-1.log" in detail(page).inner_text()
        assert detail(page).get_attribute("data-cell-detail") == "4"
        page.keyboard.press("Tab")
        assert "file-1.log" in detail(page).inner_text() or "file-2.log" in detail(page).inner_text()
        assert page.locator('.map > g[visibility="visible"]').count() == 1


def test_keys_move_in_the_map(browser: Browser, torn_page: Path) -> None:
    with opened(browser, torn_page) as watched:
        page = watched.page
        page.locator(CHOSEN).focus()
        columns = int(page.locator('[role="grid"]').get_attribute("aria-colcount") or 0)
        page.keyboard.press("Home")
        assert chosen(page) == 0
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowDown")
        assert chosen(page) == 1 + columns
        page.keyboard.press("End")
        assert chosen(page) == page.locator("[role=gridcell]").count() - 1
        page.keyboard.press("Home")
        page.keyboard.press("d")
        damaged = chosen(page)
        assert "damaged:" in (page.locator(CHOSEN).get_attribute("aria-label") or "")
        page.keyboard.press("d")
        assert chosen(page) > damaged
        page.keyboard.press("Shift+D")
        assert chosen(page) == damaged
        assert page.evaluate("document.activeElement.dataset.cell") == str(damaged)


def test_cases_are_chosen_by_list_link_and_button(browser: Browser, torn_page: Path) -> None:
    with opened(browser, torn_page) as watched:
        page, title = watched.page, watched.page.locator("#inside-title")
        page.select_option("#choose", label="shared-append/single")
        assert title.inner_text() == "Inside shared-append/single"
        assert "none damaged" in page.locator("figcaption").inner_text()
        page.locator("#next").click()
        assert title.inner_text() == "Inside shared-append/split"
        page.locator(".glance a").first.click()
        assert title.inner_text() == "Inside shared-append/single"
        page.locator("#previous").focus()
        page.keyboard.press("Enter")
        assert title.inner_text() == "Inside shared-append/split"


def test_the_timeline_zooms_and_reads_out(browser: Browser, locked_page: Path) -> None:
    with opened(browser, locked_page) as watched:
        page = watched.page
        line, readout = page.locator("svg[role=application]"), page.locator(".readout").first
        assert "critical sections overlap" in readout.inner_text()
        assert page.locator(".collision").count() > 0
        line.focus()
        page.keyboard.press("0")
        everything = line.locator("[data-op]").count()
        for _ in range(4):
            page.keyboard.press("+")
        assert line.locator("[data-op]").count() < everything
        page.keyboard.press("ArrowRight")
        page.keyboard.press("0")
        assert line.locator("[data-op]").count() == everything
        line.locator("[data-op] rect").first.hover(force=True)
        assert "critical section" in readout.inner_text()


def test_progress_reads_out_by_key(browser: Browser, torn_page: Path) -> None:
    with opened(browser, torn_page) as watched:
        slider = watched.page.locator("svg[role=slider]")
        slider.focus()
        watched.page.keyboard.press("End")
        text = slider.get_attribute("aria-valuetext") or ""
        assert "3,200 records" in text
        assert "writer 0 400" in text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_follows_the_colour_scheme(browser: Browser, torn_page: Path, scheme: Any) -> None:
    with opened(browser, torn_page, color_scheme=scheme) as watched:
        ground = watched.page.evaluate("getComputedStyle(document.body).backgroundColor")
        red = int(ground.removeprefix("rgb(").split(",")[0])
        assert (red > 128) == (scheme == "light")


def test_it_prints_light_and_without_controls(browser: Browser, torn_page: Path, tmp_path: Path) -> None:
    with opened(browser, torn_page, color_scheme="dark") as watched:
        page = watched.page
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert not page.locator("#choose").is_visible()
        assert page.locator('[role="grid"]').is_visible()
        assert page.pdf(path=tmp_path / "page.pdf").startswith(b"%PDF")


def test_it_fits_a_narrow_screen(browser: Browser, torn_page: Path) -> None:
    with opened(browser, torn_page) as watched:
        watched.page.set_viewport_size({"width": 420, "height": 800})
        assert watched.page.evaluate("document.documentElement.scrollWidth") <= 420


def test_everything_has_a_name_and_a_table(browser: Browser, torn_page: Path) -> None:
    with opened(browser, torn_page) as watched:
        page = watched.page
        unnamed = page.evaluate(
            "[...document.querySelectorAll('svg')].filter(one => !one.closest('[aria-hidden]')"
            " && !one.getAttribute('aria-label')).length"
        )
        assert unnamed == 0
        for summary in page.locator("details > summary").all():
            summary.click()
        for name in ("damaged cells", "operations", "records acknowledged", "what became of the records", "trials"):
            assert page.locator(f'table[aria-label="{name}"]').count() == 1


def test_odd_cases_are_shown_without_a_view(browser: Browser, torn_run: Path, tmp_path: Path) -> None:
    document, found = runs.loaded(torn_run)
    with opened(browser, runs.written(tmp_path / "odd.html", runs.odd(document), found)) as watched:
        page = watched.page
        never = "No trial of this case was run"
        for name, text in (("unchecked", "not checked: records by outcome"), ("skipped", never), ("none", never)):
            page.select_option("#choose", label=f"odd/{name}")
            assert text in (page.locator("#case").text_content() or "")


def test_a_trial_that_left_nothing_has_an_inside(browser: Browser, torn_run: Path, tmp_path: Path) -> None:
    document, found = copy.deepcopy(runs.loaded(torn_run))
    nothing = {(writer, 0): (0, 0, 0, 0, 0) for writer in range(2)}
    for name, texts, rows in (
        ("single", [b"", b"x"], {(0, 0): (32, 10, 0, 0, 0)}),
        ("split", [], nothing),
    ):
        folder = tmp_path / name
        folder.mkdir()
        found[f"shared-append/{name}", "volume"] |= viewed(folder, texts, write_journals(folder, rows))
    with opened(browser, runs.written(tmp_path / "nothing.html", document, found)) as watched:
        page = watched.page
        page.select_option("#choose", label="shared-append/single")
        assert page.locator("figcaption").all_inner_texts() == [
            "file-0.log 0 bytes in 1 cell of 32; none damaged",
            "file-1.log 1 byte in 1 cell of 32; 1 damaged",
        ]
        assert "NaN" not in page.locator("#case").inner_html()
        page.select_option("#choose", label="shared-append/split")
        assert "The trial left no file to map." in page.locator("#case").inner_text()
        assert "NaN" not in page.locator("#case").inner_html()


def test_a_run_without_cases_has_a_page(browser: Browser, torn_run: Path, tmp_path: Path) -> None:
    document = {**runs.loaded(torn_run)[0], "cases": []}
    with opened(browser, runs.written(tmp_path / "none.html", document, {})) as watched:
        assert not watched.page.locator("#inside").is_visible()


def test_bytes_of_a_file_are_text_whatever_they_are(browser: Browser, torn_run: Path, tmp_path: Path) -> None:
    document, found = copy.deepcopy(runs.loaded(torn_run))
    runs.settled(tmp_path / "settled", document, found)
    view = found["shared-append/split", "volume"]
    text = "<img src=x onerror=alert(1)>\x00\x00\x9b\n</script>"
    for look in view["files"][0]["looks"]:
        look |= {"text": text, "pieces": [[len(text), 4, -1, -1, 0]]}
    with opened(browser, runs.written(tmp_path / "evil.html", document, found)) as watched:
        assert watched.page.locator("pre.bytes").inner_text() == "<img src=x onerror=alert(1)>\\0*2\\x9b⏎\n</script>"
        assert watched.page.locator("img").count() == 0


def test_it_opens_at_three_million_records(browser: Browser, torn_run: Path, tmp_path: Path) -> None:
    """Eight writers of 375,000 records in one file: the page is as small, and as quick to point into, as any."""
    document, found = copy.deepcopy(runs.loaded(torn_run))
    runs.settled(tmp_path / "settled", document, found)
    key = ("shared-append/split", "volume")
    view = three_million(tmp_path)
    assert sum(sum(one["attempted"]) for one in view["records"]["writers"]) == 3_000_000
    found[key] = {**found[key], **view}
    path = runs.written(tmp_path / "large.html", document, found)
    assert path.stat().st_size < 2_000_000
    with opened(browser, path) as watched:
        page = watched.page
        assert "96,000,000 bytes in 1,024 cells" in page.locator("figcaption").inner_text()
        assert page.locator("[role=gridcell]").count() == 1024
        page.locator('[data-cell="1000"]').hover()
        assert detail(page).get_attribute("data-cell-detail") == "1000"
        page.locator(CHOSEN).focus()
        page.keyboard.press("d")
        assert "pieces of torn records" in detail(page).inner_text()
        handled = page.evaluate(
            "() => { const cells = [...document.querySelectorAll('[data-cell]')]; for (const one of cells)"
            " one.dispatchEvent(new PointerEvent('pointermove', { bubbles: true })); return cells.length; }"
        )
        assert handled == 1024
