"""The sliders of the page 'Outlook' in a real browser: live, by keyboard, and without script."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.test_pages import OVERLAPS, SMALL_TARGETS, sideways

PATH = "/kpi/conversion/outlook"

MOVE = """
([name, value]) => {
  const slider = document.querySelector(`input[name="${name}"]`);
  slider.value = value;
  slider.dispatchEvent(new Event('input', {bubbles: true}));
}
"""

TIMED = """
async (values) => {
  const slider = document.querySelector('input[name="set-paid"]');
  const said = document.querySelector('#scenario');
  const taken = [];
  for (const value of values) {
    const start = performance.now();
    slider.value = value;
    slider.dispatchEvent(new Event('input', {bubbles: true}));
    await new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)));
    taken.push(performance.now() - start);
  }
  return [taken, said.textContent];
}
"""


def told(page: Page) -> str:
    """What the page says comes of it."""
    return page.locator("#scenario").inner_text().strip()


def moved_line(page: Page) -> str | None:
    """The drawn middle of the moved forecast in the chart that is shown."""
    return page.locator(".fan > svg:visible path[data-moved=middle]").get_attribute("d")


def test_moving_a_slider_redraws_the_forecast_and_the_chance(served: Served) -> None:
    with served.page() as watched:
        page = watched.open(PATH)
        assert moved_line(page) is None
        page.evaluate(MOVE, ["set-paid", "57"])
        expect(page.locator("#scenario")).to_contain_text("46% instead of 25%")
        first = moved_line(page)
        assert first is not None
        assert first.count("L") == 3, "from the latest point through three months"
        page.evaluate(MOVE, ["set-paid", "62"])
        expect(page.locator("#scenario")).not_to_contain_text("46%")
        assert moved_line(page) != first
        assert page.url.endswith("?set-paid=62")
        page.evaluate(MOVE, ["set-paid", "52"])
        expect(page.locator("#scenario")).to_have_text(re.compile("Nothing is moved"))
        assert moved_line(page) is None
        assert page.url.endswith("/outlook")


@pytest.mark.slow  # on a machine that does nothing else
def test_a_redraw_takes_less_than_50_ms(served: Served) -> None:
    """The middle of nine moves with everything uncertain in play; frames of 16 ms included."""
    with served.page() as watched:
        page = watched.open(PATH)
        page.evaluate(MOVE, ["set-replies", "0.75"])
        taken, words = page.evaluate(TIMED, [str(at) for at in range(55, 64)])
        assert "So moved" in words
        assert sorted(taken)[4] < 50, taken


@pytest.mark.parametrize(
    "settings",
    [
        {"set-paid": "57"},
        {"set-trials": "940"},
        {"set-replies": "0.8"},
        {"set-paid": "45", "set-trials": "1150", "set-replies": "0.35"},
    ],
)
def test_the_form_without_script_says_the_same(served: Served, settings: dict[str, str]) -> None:
    with served.page(java_script_enabled=False) as watched:
        page = watched.open(PATH)
        query = "&".join(f"{name}={value}" for name, value in settings.items())
        page = watched.open(f"{PATH}?{query}")
        by_server, drawn = told(page), moved_line(page)
        assert page.locator("input[name=set-paid]").input_value() == settings.get("set-paid", "52")
    with served.page() as watched:
        page = watched.open(PATH)
        for name, value in settings.items():
            page.evaluate(MOVE, [name, value])
        expect(page.locator("#scenario")).to_have_text(by_server)
        assert drawn is not None
        assert (moved_line(page) or "").count("L") == drawn.count("L")


def test_the_form_is_sent_without_script(served: Served) -> None:
    with served.page(java_script_enabled=False) as watched:
        page = watched.open(PATH)
        page.get_by_label("Paid trials").focus()
        for _ in range(5):
            page.keyboard.press("ArrowRight")
        page.get_by_role("button", name="Show what comes of it").click()
        assert "46% instead of 25%" in told(page)


def test_sliders_are_moved_and_read_by_keyboard(served: Served) -> None:
    with served.page() as watched:
        page = watched.open(PATH)
        slider = page.get_by_role("slider", name="Paid trials")
        slider.focus()
        page.keyboard.press("ArrowRight")
        expect(slider).to_have_attribute("aria-valuetext", "53")
        expect(page.locator("#scenario")).to_contain_text("So moved")
        expect(page.locator("#live")).to_contain_text("So moved")
        page.keyboard.press("End")
        expect(slider).to_have_attribute("aria-valuetext", "70")
        page.keyboard.press("Tab")
        expect(page.get_by_role("slider", name="Trials", exact=True)).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("slider", name="Replies")).to_have_attribute(
            "aria-valuetext", "60.5%"
        )


def test_a_lag_leaves_the_first_month_as_it_is(served: Served) -> None:
    """Replies are felt a month later: the first month's middle stays, the last one's moves."""
    with served.page() as watched:
        page = watched.open(PATH)
        page.evaluate(MOVE, ["set-replies", "0.9"])
        expect(page.locator("#scenario")).to_contain_text("So moved")
        places = [
            [float(one) for one in point.split()]
            for point in (moved_line(page) or "").lstrip("M").split("L")
        ]
        base = page.locator(".fan > svg:visible path.curve").get_attribute("d") or ""
        before = [[float(one) for one in point.split()] for point in base.lstrip("M").split("L")]
        assert places[1][1] == pytest.approx(before[1][1], abs=0.6)
        assert places[3][1] < before[3][1] - 2


@pytest.mark.parametrize("width", [320, 390, 700, 960, 1280])
def test_nothing_runs_over_the_edge(served: Served, width: int) -> None:
    with served.page(width) as watched:
        page = watched.open(f"{PATH}?set-paid=57")
        assert page.evaluate(OVERLAPS) == []
        assert page.evaluate(SMALL_TARGETS) == []
        page.evaluate("document.querySelectorAll('main details').forEach(d => d.open = true)")
        assert sideways(page) == 0


def test_the_fan_is_read_point_by_point(served: Served) -> None:
    with served.page() as watched:
        page = watched.open(PATH)
        page.locator(".fan").focus()
        page.keyboard.press("End")
        expect(page.locator(".reader")).to_contain_text("Dec 2026")
        expect(page.locator(".reader")).to_contain_text("8 times in 10 4.7 to 6.1%")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        expect(page.locator(".reader")).to_contain_text("Sept 2026")
