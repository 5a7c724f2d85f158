"""Journey 10: by keyboard alone at 400 % zoom to a signal's table and its acknowledgement."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from sameboat.project.viewer import OWNER
from sameboat.questions.opened import Opened
from sameboat.web.app import create_app
from tests.browser.conftest import Served, serving
from tests.unit.questions.ferry import NOW, ferry, reopen


class Company:
    """What `serving` asks of a house, over a real workspace."""

    def __init__(self, workspace: Opened) -> None:
        self.workspace = workspace

    def app(self, token: str, port: int) -> object:
        return create_app(
            lambda: self.workspace, viewer_of=lambda _: OWNER, now=lambda: NOW, token=token,
            port=port,
        )  # fmt: skip


@pytest.fixture(scope="module")
def fallen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company with one raised signal; each test works on a copy."""
    folder = tmp_path_factory.mktemp("fallen")
    workspace = ferry(folder, fallen=8)
    workspace.watch()
    workspace.close()
    return folder


@pytest.fixture
def company(fallen: Path, tmp_path: Path, browser: Browser) -> Iterator[Served]:
    workspace = reopen(Path(shutil.copytree(fallen, tmp_path / "ferry")))
    with serving(Company(workspace), browser) as running:  # type: ignore[arg-type]
        yield running
    workspace.close()


def tab_to(page: Page, words: str, most: int = 80, key: str = "Tab") -> None:
    """Press Tab until the control with these words, as screen readers name it, has the focus."""
    for _ in range(most):
        page.keyboard.press(key)
        named = page.evaluate(
            "(node => node.labels?.[0]?.textContent ?? node.textContent)(document.activeElement)"
        )
        if named.strip() == words:
            return
    raise AssertionError(f"Tab never reached {words!r}")


def sideways(page: Page) -> int:
    found: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return found


@pytest.mark.parametrize("script", [True, False])
def test_journey_10_from_the_board_to_the_kpi_its_table_and_the_acknowledgement(
    company: Served, script: bool
) -> None:
    """320 px is 400 % zoom; all by Tab, Enter, arrow keys and typing, with script and without."""
    with company.page(320, java_script_enabled=script) as watched:
        page = watched.open("/")
        tab_to(page, "the signal of Conversion")  # what waits is named first, and leads to its row
        page.keyboard.press("Enter")
        expect(page.locator("#s-conversion")).to_be_in_viewport()
        tab_to(page, "Conversion", most=1, key="Shift+Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Conversion")
        tab_to(page, "Show as a table")
        page.keyboard.press("Enter")
        expect(page.locator("#t-process tbody tr").nth(1)).to_contain_text("25 Oct 2026")
        tab_to(page, "Team", key="Shift+Tab")
        page.keyboard.press("ArrowDown")
        tab_to(page, "What you take it for", most=1)
        page.keyboard.type("We look at sources on Thursday.")
        assert sideways(page) == 0
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        said = page.locator("#signal")
        expect(said).to_contain_text("acknowledged by Sales: We look at sources on Thursday.")
        expect(said).to_be_focused()
        expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)


def test_on_the_board_the_key_a_leads_to_what_waits_and_the_focus_comes_back_to_it(
    company: Served,
) -> None:
    with company.page(390) as watched:
        page = watched.open("/")
        page.keyboard.press("?")
        keys = page.get_by_role("dialog", name="Keys")
        expect(keys).to_contain_text("acknowledge the first signal that waits for it")
        page.keyboard.press("Escape")
        page.keyboard.press("a")
        expect(page.get_by_label("Team")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.type("a/?gb")
        expect(page.get_by_label("What you take it for")).to_have_value("a/?gb")
        assert sideways(page) == 0
        page.keyboard.press("Enter")
        said = page.locator("#s-conversion")
        expect(said).to_have_text("Signal raised 26 Oct, acknowledged by Marketing: a/?gb")
        expect(said).to_be_focused()
        expect(page.locator("#waiting")).to_have_count(0)
        page.keyboard.press("a")
        expect(said).to_be_focused()


def test_a_second_person_reads_who_was_first(company: Served) -> None:
    with company.page() as first, company.page() as second:
        pages = [first.open("/"), second.open("/")]
        for page, reason in zip(pages, ("Fairs.", "A new source."), strict=True):
            page.keyboard.press("a")
            page.get_by_label("What you take it for").fill(reason)
            with page.expect_navigation():  # the first is recorded before the second is sent
                page.keyboard.press("Enter")
        expect(pages[0].locator("#s-conversion")).to_contain_text("Fairs.")
        expect(pages[1].get_by_role("heading", level=1)).to_have_text(
            "Somebody else was there first"
        )
        expect(pages[1].get_by_role("main")).to_contain_text("acknowledged by marketing")
        expect(pages[1].get_by_role("main")).to_contain_text("Fairs.")
        second.complaints.clear()  # the refusal's status is noted in the console
