"""Every page keeps the rules of WCAG 2.2 AA that a program can judge, by axe-core.

axe-core is a tool of the tests alone (MPL-2.0, from `frontend/package.json`): nothing of it is
shipped or served. It is evaluated in the page, so that the strict policy of the pages stays.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page

from sameboat.questions.rows import Raised
from tests.browser.conftest import Served

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"

PAGES = (
    "/", "/kpi/conversion", "/kpi/conversion/why", "/kpi/conversion/outlook", "/tree",
    "/tree/replies", "/teams", "/teams/sales", "/health", "/search?q=reply", "/how-to-read",
    "/tour",
)  # fmt: skip

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

BREACHES = """
async rules => {
  document.querySelectorAll('details').forEach(one => { one.open = true; });
  const found = await axe.run(document, {runOnly: {type: 'tag', values: rules}});
  const places = one => one.nodes.slice(0, 3).map(node => node.target.join(' ')).join('; ');
  return found.violations.map(one => `${one.id}: ${one.help} at ${places(one)}`);
}
"""


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: run sh tools/front-end-tools.sh")
    return AXE.read_text(encoding="utf-8")


def breaches(page: Page, axe: str) -> list[str]:
    """What axe finds on the page with everything unfolded."""
    page.evaluate(axe)
    found: list[str] = page.evaluate(BREACHES, list(RULES))
    return found


def test_no_page_breaks_a_rule(served: Served, axe: str) -> None:
    with served.page() as watched:
        found = {path: breaches(watched.open(path), axe) for path in PAGES}
    assert {path: said for path, said in found.items() if said} == {}


@pytest.mark.slow
@pytest.mark.parametrize(("width", "theme"), [(390, "light"), (390, "dark"), (1280, "dark")])
def test_nor_does_any_page_on_a_narrow_screen_or_in_the_dark(
    served: Served, axe: str, width: int, theme: str
) -> None:
    with served.page(width, theme) as watched:
        found = {path: breaches(watched.open(path), axe) for path in PAGES}
    assert {path: said for path, said in found.items() if said} == {}


def test_nor_do_pages_on_which_a_signal_waits(served: Served, axe: str) -> None:
    """The forms to acknowledge, unfolded, keep room between what can be touched."""
    house = served.house
    board, kpi = house.board, house.kpis["conversion"]
    raised = Raised(
        1, dt.datetime(2026, 10, 26, 6, 10, tzinfo=dt.UTC), "raised 26 Oct, not acknowledged",
        False, takers=(("sales", "Sales"), ("marketing", "Marketing")),
    )  # fmt: skip
    rows = tuple(replace(row, raised=raised) for row in board.rows)
    house.board = replace(board, rows=rows)
    house.kpis["conversion"] = replace(kpi, raised=raised)
    try:
        with served.page() as watched:
            found = {path: breaches(watched.open(path), axe) for path in ("/", "/kpi/conversion")}
    finally:
        house.board, house.kpis["conversion"] = board, kpi
    assert {path: said for path, said in found.items() if said} == {}
