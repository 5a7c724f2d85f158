"""The demo's tour in a browser: narrow, dark, by keyboard, without scripts, and never on paper."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served


def wider_than_its_window(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


@pytest.mark.parametrize("width", [1280, 390, 320])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_strip_and_page_fit_their_window(served: Served, width: int, theme: str) -> None:
    with served.page(width, theme) as watched:
        for path in ("/", "/tour"):
            page = watched.open(path)
            assert not wider_than_its_window(page), path


def test_keys_alone_lead_through_it(served: Served) -> None:
    """From the board by Tab and Enter to the tour, and from its first step to the KPI."""
    with served.page() as watched:
        page = watched.open("/")
        page.locator(".tour a").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("The first ten minutes")
        page.locator(".steps a").first.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/kpi/*?tour=1")
        expect(page.get_by_role("complementary", name="Tour")).to_contain_text("Tour, step 1")
        page.get_by_role("link", name="Next step").press("Enter")
        page.wait_for_url("**/tour#step-2")


def test_it_is_hidden_without_scripts_too(served: Served) -> None:
    with served.page(java_script_enabled=False) as watched:
        page = watched.open("/")
        page.get_by_role("button", name="Hide the tour").click()
        expect(page.locator(".ledger")).to_be_visible()
        expect(page.locator(".tour")).to_have_count(0)
        watched.open("/kpi/conversion")
        expect(page.locator(".tour")).to_have_count(0)


def test_paper_does_not_show_it(served: Served) -> None:
    with served.page() as watched:
        page = watched.open("/")
        expect(page.locator(".tour")).to_be_visible()
        page.emulate_media(media="print")
        expect(page.locator(".tour")).to_be_hidden()
