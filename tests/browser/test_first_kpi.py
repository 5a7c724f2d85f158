"""Journey 6: an analyst starts from three untidy files and has her first KPI on the board."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Browser, expect

PROGRAM = str(Path(sys.executable).with_name("sameboat"))

MEND = (
    ("# mission: What you are all here for, in one sentence.", "mission: Every ferry is served."),
    ("# teams: {sales: {}, support: {}}", "teams: {sales: {}, support: {}}"),
    ("# objectives:", "objectives:"),
    ("#   customers_stay:", "  customers_stay:"),
    ("# kpis:", "kpis:"),
    ("#   win_rate:", "  win_rate:"),
    ("#     metric: win_rate", "    metric: win_rate"),
    ("#     objective: customers_stay", "    objective: customers_stay"),
    ("#     owners:", "    owners:"),
    ("#       - {team: sales, lever:", "      - {team: sales, lever:"),
    ("#       - {team: support, lever:", "      - {team: support, lever:"),
    ("#     steward: sales", "    steward: sales"),
    ("#     signal: {grain: month}", "    signal: {grain: month}"),
)
"""What the file asks a newcomer to do: take the # away."""

LACKING = """    target: {since: 2026-06-01, from: 0.44, to: 0.5, by: 2027-06-30}
    guardrails:
      - {metric: days_from_opened_at_to_solved_at, max: 2}
    gaming: Leaving lost deals open.
"""
"""What `check` asks for then."""


class Run(Protocol):
    """What `sameboat` prints when it is called in a folder."""

    def __call__(self, *arguments: str, folder: Path, code: int = 0) -> str: ...


@pytest.fixture
def run(programs: Path | None) -> Run:
    program = str(programs / "sameboat") if programs else PROGRAM

    def called(*arguments: str, folder: Path, code: int = 0) -> str:
        done = subprocess.run(
            [program, *arguments], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    return called


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address, with its one-time token, of a server over the project."""
    command = [PROGRAM, "serve", "--port", "0", "--no-browser", "--project", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()
        process.stdout.read()


def counted_by_hand(file: Path) -> tuple[str, float]:
    """The last whole month of the deals and its win rate, read without the product."""
    lines = file.read_bytes().decode("cp1252").splitlines()[3:]
    rows = [line.split(";") for line in lines]
    months = sorted({row[2][:7] for row in rows})
    month = months[-2] if max(row[2] for row in rows)[8:] < "28" else months[-1]
    fates = [row[3] for row in rows if row[2].startswith(month)]
    return month, fates.count("Won") / (fates.count("Won") + fates.count("Lost"))


@pytest.fixture
def project(tmp_path: Path, run: Run) -> Path:
    """The project that `init` wrote over the untidy files, as it came."""
    run("demo", "--messy", "files", folder=tmp_path)
    told = run("init", "ferries", "--from", "files", folder=tmp_path)
    assert "Win rate - written as win_rate" in told
    assert "the names of the columns stand in line 3" in told
    assert "numbers are written with a decimal comma" in told
    return tmp_path / "ferries"


def test_from_untidy_files_to_the_first_kpi(project: Path, browser: Browser, run: Run) -> None:
    """`init`, take the # away, mend what `check` names, `refresh`: the figure is the hand count."""
    root = project / "sameboat.yml"
    text = root.read_text(encoding="utf-8")
    for commented, taken in MEND:
        assert commented in text
        text = text.replace(commented, taken, 1)
    text = re.sub(r"# (as_of:.*)", r"\1", text)
    root.write_text(text, encoding="utf-8")

    told = run("check", folder=project, code=1)
    assert {"no-guardrail", "no-gaming-note", "kpi-incomplete"} <= set(told.split())
    root.write_text(text.replace("    signal:", LACKING + "    signal:"), encoding="utf-8")
    assert not re.search("no-guardrail|no-gaming-note|has no target", run("check", folder=project))

    run("refresh", folder=project)
    month, rate = counted_by_hand(project.parent / "files" / "deals export.csv")
    with served(project) as address:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
        page = context.new_page()
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).not_to_contain_text("Nothing is computed")
        row = page.locator(".ledger").get_by_role("article").first
        expect(row).to_contain_text("Win rate")
        expect(row).to_contain_text(f"{rate * 100:.1f}")
        expect(page.locator(".lede")).to_contain_text(month[:4])
        expect(page.locator("aside.tour")).to_have_count(0)
        context.close()
