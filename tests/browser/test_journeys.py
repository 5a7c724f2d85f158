"""The journeys of people through the real demo, in a real browser."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.demo.conftest import in_october
from tests.made_once import MadeOnce


@pytest.fixture(scope="module")
def demo(
    made_once: MadeOnce, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path]]:
    """The address of the demo with its one-time token, and its folder, on the second start."""
    folder = in_october(made_once, tmp_path_factory.mktemp("demo") / "harbourline")
    program = Path(sys.executable).with_name("sameboat")
    command = [str(program), "demo", "--port", "0", "--no-browser"]
    with subprocess.Popen(
        [*command, "--project", str(folder)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), folder
        process.terminate()
        process.stdout.read()


@pytest.fixture
def page(demo: tuple[str, Path], browser: Browser) -> Iterator[Page]:
    """The board, signed in."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    try:
        yield context.new_page()
    finally:
        context.close()


def test_from_the_board_to_the_signal_and_its_segments(
    demo: tuple[str, Path], page: Page, browser: Browser
) -> None:
    """Journey 1: the demo, the one signal, its evidence, the source segment that is lowest.

    The figures on the page equal those counted from the raw files.
    """
    address, folder = demo
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Lead-to-customer conversion needs you. One number is better, four are routine, "
        "one is stale."
    )
    expect(page.get_by_text("Fund the £40k advocacy campaign?")).to_be_visible()
    signals = page.locator(".ledger .v.worse")
    expect(signals).to_have_count(1)
    expect(signals).to_have_text(re.compile("Signal, worse: 8 weeks below centre"))

    page.get_by_role("link", name="Lead-to-customer conversion", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Lead-to-customer conversion")
    expect(
        page.get_by_text("Leads rose by 38% on the 8 weeks before, new customers stayed flat.")
    ).to_be_visible()
    by_hand = duckdb.sql(
        f"""select source, count(*) from '{folder}/data/leads.parquet'
            where window_ends_on between date '2026-10-19' and date '2026-10-25'
            and source = 'paid social' group by 1"""
    ).fetchall()
    row = page.get_by_role("row", name=re.compile("^paid social"))
    expect(row).to_contain_text(str(by_hand[0][1]))

    page.get_by_text("Show the SQL that computed it").click()
    expect(page.get_by_text("FROM leads")).to_be_visible()

    page.get_by_role("link", name="Why did it move?").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Lead-to-customer conversion fell with the mix of sources, not inside them.",
        timeout=60_000,  # many questions to the warehouse, the first time
    )
    page.get_by_role("link", name=re.compile("to 40% of leads")).click()
    source = page.locator("#by-source")
    expect(source).to_be_in_viewport()
    segment = source.get_by_role("row", name=re.compile("^paid social"))
    weeks = duckdb.sql(
        f"""select count(*) filter (window_ends_on <= date '2026-08-30') / 26,
                   count(*) filter (window_ends_on > date '2026-08-30') / 8
            from '{folder}/data/leads.parquet' where source = 'paid social' and window_closed
            and window_ends_on between date '2026-03-02' and date '2026-10-25'"""
    ).fetchall()
    expect(segment).to_contain_text(f"{weeks[0][0]:.0f} → {weeks[0][1]:.0f}")
    page.get_by_role("link", name="Board").first.click()
    expect(page.locator(".ledger")).to_be_visible()

    # The address opens one browser, once: another one is asked to sign in and sees no figure.
    second = browser.new_context()
    other = second.new_page()
    other.goto(address)
    expect(other.locator(".ledger")).to_have_count(0)
    second.close()
