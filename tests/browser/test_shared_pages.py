"""Tree, teams and health in a real browser: by keyboard, on a narrow screen, without script."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served

PATHS = ("/tree", "/tree/replies", "/teams", "/teams/sales", "/health")

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

SMALL = """
() => [...document.querySelectorAll('main summary, main button, main select, main input')]
  .filter(node => node.getClientRects().length && node.getBoundingClientRect().height < 24)
  .map(node => node.outerHTML.slice(0, 80))
"""


def focused(page: Page) -> str:
    found: str = page.evaluate("document.activeElement.textContent.trim()")
    return found


def tab_to(page: Page, words: str, most: int = 60) -> None:
    """Press Tab until what has these words has the focus, and can be seen to have it."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if focused(page) == words:
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none"
            return
    raise AssertionError(f"Tab never reached {words!r}")


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_they_fit_their_window_folded_and_unfolded(served: Served, width: int) -> None:
    with served.page(width) as watched:
        for path in PATHS:
            page = watched.open(path)
            assert page.evaluate(SIDEWAYS) == 0, path
            page.evaluate("document.querySelectorAll('main details').forEach(d => d.open = true)")
            assert page.evaluate(SIDEWAYS) == 0, path
            assert page.evaluate(SMALL) == [], path


def test_on_a_narrow_screen_the_tree_is_a_nested_list_that_leads_by_keyboard_to_a_lever(
    served: Served,
) -> None:
    """Objective → KPI → levers, each level a list in the one above; no drawing is shown."""
    with served.page(390) as watched:
        page = watched.open("/tree")
        expect(page.locator("svg.w1216:visible")).to_have_count(0)
        nested = page.locator("ul.treelist:visible")
        expect(nested).to_have_count(1)
        expect(nested.locator("ul ul > li").first).to_be_visible()
        tab_to(page, "Lead-to-customer conversion")
        tab_to(page, "First reply within one hour")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("reply within one hour")


def test_on_a_wide_screen_the_drawing_is_passed_over_and_its_list_opens_by_keyboard(
    served: Served,
) -> None:
    """Tab does not stop at every box: the list beside says the same, in the same order."""
    with served.page() as watched:
        page = watched.open("/tree")
        expect(page.get_by_role("group", name="KPI tree")).to_be_visible()
        tab_to(page, "Show as a list")
        page.keyboard.press("Enter")
        listed = page.locator("details.twin ul.treelist")
        expect(listed).to_be_visible()
        boxes = set(page.locator("svg.tree text.n1").all_text_contents())
        said = listed.text_content() or ""
        assert boxes
        assert [name for name in boxes if name.rstrip("…") not in said] == []
        tab_to(page, "Lead-to-customer conversion", most=4)


def test_from_the_teams_to_one_of_them_and_to_the_kpi_that_it_shares(served: Served) -> None:
    with served.page(390) as watched:
        page = watched.open("/teams")
        tab_to(page, "Sales")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text(
            "Sales: our levers on shared KPIs"
        )
        expect(page.get_by_role("main")).not_to_contain_text("our KPIs")
        tab_to(page, "Lead-to-customer conversion")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Lead-to-customer conversion")


@pytest.mark.parametrize("width", [390, 1280])
def test_health_says_each_principle_and_grade_in_words(served: Served, width: int) -> None:
    """On a narrow screen each cell names its principle; a notice does not look like a warning."""
    with served.page(width, java_script_enabled=False) as watched:
        page = watched.open("/health")
        warning = page.locator(".matrix .v", has_text="Warning:").first
        notice = page.locator(".matrix .v", has_text="Notice:").first
        colour = "node => getComputedStyle(node.querySelector('svg')).color"
        assert warning.evaluate(colour) != notice.evaluate(colour)
        names = page.locator(".matrix td .of")
        expect(names.first).to_be_visible() if width == 390 else expect(names.first).to_be_hidden()
        expect(page.get_by_role("columnheader", name="Aligned")).to_have_count(1)


def test_health_leads_by_keyboard_to_a_kpi(served: Served) -> None:
    with served.page() as watched:
        page = watched.open("/health")
        tab_to(page, "Conversion")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Lead-to-customer conversion")
