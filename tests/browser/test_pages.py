"""Board and KPI page in a real browser: sizes, themes, keyboard, charts, print."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import TOKEN, Served, serving
from tests.web.conftest import House

PATHS = ("/", "/kpi/conversion", "/search?q=reply", "/how-to-read", "/health")

OVERLAPS = """
() => {
  const found = [];
  for (const chart of document.querySelectorAll('svg.chart')) {
    if (!chart.getClientRects().length) continue;
    const frame = chart.getBoundingClientRect();
    const texts = [...chart.querySelectorAll('text')]
      .map(text => [text.textContent, text.getBoundingClientRect()]);
    for (const [text, box] of texts) {
      if (box.left < frame.left - 1 || box.right > frame.right + 1) found.push(['outside', text]);
    }
    texts.forEach(([a, p], i) => texts.slice(i + 1).forEach(([b, q]) => {
      const x = Math.min(p.right, q.right) - Math.max(p.left, q.left);
      const y = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
      if (x > 1 && y > 3) found.push([a, b]);
    }));
  }
  return found;
}
"""

SIZES = """
() => [...document.querySelectorAll('svg.chart[role=img]')]
  .filter(chart => chart.getClientRects().length)
  .map(chart => [chart.getBoundingClientRect().width, chart.viewBox.baseVal.width,
                 chart.parentElement.clientWidth])
"""

SMALL_TARGETS = """
() => [...document.querySelectorAll('a, button, summary, input')]
  .filter(node => node.getClientRects().length && !node.closest('p, li, td, th, dd, h2, caption'))
  .filter(node => !node.classList.contains('skip'))
  .map(node => [node.textContent.trim() || node.getAttribute('aria-label'),
                Math.min(node.getBoundingClientRect().height, 99)])
  .filter(([, height]) => height < 24)
"""


def sideways(page: Page) -> int:
    """How far the page can be scrolled sideways."""
    found: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return found


@pytest.mark.parametrize("width", [320, 390, 700, 960, 1280])
def test_no_page_scrolls_sideways_or_complains(served: Served, width: int) -> None:
    """At 320 px, which is 400 % zoom, as on a wide screen, disclosures open and closed."""
    with served.page(width) as watched:
        for path in PATHS:
            page = watched.open(path)
            assert sideways(page) == 0
            page.evaluate("document.querySelectorAll('main details').forEach(d => d.open = true)")
            assert sideways(page) == 0


@pytest.mark.parametrize("width", [390, 1280])
def test_dark_pages_do_not_complain_either(served: Served, width: int) -> None:
    """No error, no breach of the policy, no outside request."""
    with served.page(width, "dark") as watched:
        for path in PATHS:
            assert sideways(watched.open(path)) == 0


@pytest.mark.parametrize("width", [320, 390, 700, 960, 1280])
def test_charts_fit_their_place_unscaled_and_their_texts_stand_apart(
    served: Served, width: int
) -> None:
    """One drawing per place, in its own size, no text over another one."""
    with served.page(width) as watched:
        for path in ("/", "/kpi/conversion"):
            page = watched.open(path)
            sizes = page.evaluate(SIZES)
            assert sizes
            for shown, drawn, room in sizes:
                assert shown == pytest.approx(drawn, abs=0.5)
                assert shown <= room + 0.5
            assert page.evaluate(OVERLAPS) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_follows_the_system_and_the_switch_overrides_it(
    served: Served, theme: str
) -> None:
    with served.page(theme=theme) as watched:
        page = watched.open("/")
        colour = "getComputedStyle(document.body).backgroundColor"
        before = page.evaluate(colour)
        assert before == ("rgb(250, 249, 245)" if theme == "light" else "rgb(16, 23, 29)")
        page.get_by_role("button", name="Switch between light and dark").click()
        after = page.evaluate(colour)
        assert after != before
        page.reload()
        assert page.evaluate(colour) == after


def test_the_theme_switch_works_without_script(served: Served) -> None:
    with served.page(java_script_enabled=False) as watched:
        page = watched.open("/kpi/conversion")
        page.get_by_role("button", name="Switch between light and dark").click()
        expect(page).to_have_url(f"{served.address}/kpi/conversion")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_signing_out_closes_the_session_and_a_used_token_does_not_open_it_again(
    browser: Browser,
) -> None:
    """The whole way in a browser: the printed address, out, the form with the old token."""
    with serving(House(), browser) as served, served.page() as watched:
        page = watched.open("/")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(
            "Sign in with the token from the terminal"
        )
        page.get_by_placeholder("Token from the terminal").fill(TOKEN)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("That token does not work")
        watched.complaints.clear()  # the refusal's status is noted in the console


def test_pages_work_without_script(served: Served) -> None:
    with served.page(java_script_enabled=False) as watched:
        page = watched.open("/")
        page.get_by_text("Show as a table").click()
        expect(page.get_by_role("cell", name="4.3 to 6.3")).to_be_visible()
        page.get_by_role("link", name="Lead-to-customer conversion").first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Lead-to-customer conversion")


def tab_to(page: Page, words: str, most: int = 60) -> None:
    """Press Tab until the element with these words has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.textContent.trim()")
        if focused == words:
            return
    raise AssertionError(f"Tab never reached {words!r}")


@pytest.mark.parametrize("width", [1280, 320])
def test_by_keyboard_alone_from_the_board_to_the_kpi_and_its_table(
    served: Served, width: int
) -> None:
    """Journey 10 as far as it goes: board → KPI → table twin, also at 400 % zoom."""
    with served.page(width) as watched:
        page = watched.open("/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to content"
        tab_to(page, "Lead-to-customer conversion")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Lead-to-customer conversion")
        tab_to(page, "Show as a table")
        page.keyboard.press("Enter")
        expect(page.locator("#t-process")).to_be_visible()
        expect(page.locator("#t-process tbody tr").first).to_contain_text("25 Oct 2026")


def test_what_has_the_focus_can_be_seen(served: Served) -> None:
    with served.page() as watched:
        page = watched.open("/")
        for _ in range(12):
            page.keyboard.press("Tab")
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none"


def test_arrow_keys_read_a_chart_point_by_point(served: Served) -> None:
    with served.page() as watched:
        page = watched.open("/kpi/conversion")
        chart = page.get_by_role("group", name=re.compile("arrow keys")).first
        chart.focus()
        page.keyboard.press("End")
        live = page.locator("#live")
        expect(live).to_contain_text("25 Oct 2026")
        expect(live).to_contain_text("Lead-to-customer conversion 4.1%")
        page.keyboard.press("ArrowLeft")
        expect(live).to_contain_text("18 Oct 2026")
        page.keyboard.press("Home")
        expect(live).to_contain_text("4.6%")
        page.keyboard.press("Escape")
        expect(page.locator(".reader").first).to_be_hidden()


def test_the_pointer_reads_the_point_under_it(served: Served) -> None:
    with served.page() as watched:
        page = watched.open("/")
        point = page.locator("article.row").first.locator("svg.w352 circle.pw").last
        box = point.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        reader = page.locator("article.row").first.locator(".reader")
        expect(reader).to_have_text("25 Oct: 4.1%")
        mark = page.locator("article.row").first.locator(".cursor i").bounding_box()
        assert mark is not None
        assert mark["x"] + mark["width"] / 2 == pytest.approx(box["x"] + box["width"] / 2, abs=1.5)
        assert mark["y"] + mark["height"] / 2 == pytest.approx(
            box["y"] + box["height"] / 2, abs=1.5
        )


def test_keys_search_and_go_to_the_board_and_show_themselves(served: Served) -> None:
    with served.page() as watched:
        page = watched.open("/kpi/conversion")
        page.keyboard.press("?")
        dialog = page.get_by_role("dialog", name="Keys")
        expect(dialog).to_be_visible()
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        page.keyboard.press("/")
        expect(page).to_have_url(f"{served.address}/search")
        field = page.get_by_role("searchbox")
        expect(field).to_be_focused()
        page.keyboard.type("gb?/reply")
        expect(field).to_have_value("gb?/reply")
        field.fill("reply")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("One KPI matches")
        page.locator("body").click()
        page.keyboard.press("g")
        page.keyboard.press("b")
        expect(page).to_have_url(f"{served.address}/")


def test_targets_are_large_enough_to_touch(served: Served) -> None:
    with served.page(390) as watched:
        for path in ("/", "/kpi/conversion"):
            assert watched.open(path).evaluate(SMALL_TARGETS) == []


def test_a_chart_is_on_the_screen_with_the_first_paint(served: Served) -> None:
    """The charts are in the page itself: neither script nor another request draws them."""
    with served.page(java_script_enabled=False) as watched:
        page = watched.open("/")
        page.route("**/*.js", lambda route: route.abort())
        assert page.locator("svg.chart[role=img]:visible").count() == 8


def test_forced_colours_keep_marks_and_words(served: Served) -> None:
    with served.page(forced_colors="active") as watched:
        page = watched.open("/kpi/conversion")
        paint = page.locator("svg.w1216 circle.pw").first.evaluate(
            "node => getComputedStyle(node).fill"
        )
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert paint != ground
        expect(page.get_by_text("Signal, worse: 8 weeks below centre")).to_be_visible()


def test_the_printed_board_is_light_wide_and_two_pages_long(served: Served) -> None:
    with served.page(theme="dark") as watched:
        page = watched.open("/")
        printed = page.pdf(prefer_css_page_size=True, print_background=True)
        assert len(re.findall(rb"/Type\s*/Page[^s]", printed)) == 2
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
            "rgb(255, 255, 255)"
        )
        expect(page.get_by_text("Sign out")).to_be_hidden()
        expect(page.locator(".twin")).to_be_hidden()


def test_the_accessible_tree_names_every_chart_and_control(served: Served) -> None:
    with served.page() as watched:
        page = watched.open("/")
        assert page.get_by_role("img").count() >= 8
        for image in page.get_by_role("img").all():
            assert len(image.get_attribute("aria-label") or "") > 20
        expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
        expect(page.get_by_role("link", name="Board", exact=True)).to_have_attribute(
            "aria-current", "page"
        )
        unnamed = page.evaluate(
            "[...document.querySelectorAll('a, button')].filter(node => "
            "!node.textContent.trim() && !node.getAttribute('aria-label')).length"
        )
        assert unnamed == 0
