"""Journey 7: a steward disputes a definition, takes the answer to git, and sees the break."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from sameboat.project.viewer import OWNER
from sameboat.questions.opened import Opened
from sameboat.store.disputes import disputes
from sameboat.web.app import create_app
from tests.browser.conftest import serving
from tests.unit.questions.ferry import NOW, ferry, reopen


class Company:
    """What `serving` asks of a house, over a real workspace."""

    def __init__(self, workspace: Opened) -> None:
        self.workspace = workspace

    def app(self, token: str, port: int) -> object:
        return create_app(
            lambda: self.workspace,
            viewer_of=lambda session: OWNER,
            now=lambda: NOW,
            token=token,
            port=port,
        )


@contextmanager
def shown(workspace: Opened, browser: Browser) -> Iterator[Page]:
    company = Company(workspace)
    with serving(company, browser) as served, served.page() as watched:  # type: ignore[arg-type]
        watched.open("/kpi/conversion")
        yield watched.page


def test_dispute_a_definition_to_the_break_on_the_chart(tmp_path: Path, browser: Browser) -> None:
    workspace = ferry(tmp_path)
    workspace.refresh()
    with shown(workspace, browser) as page:
        page.get_by_role("link", name="Dispute the definition").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Nobody disputes Conversion")
        page.get_by_label("What is wrong with it").fill("Trials are counted as customers.")
        page.get_by_label("For which team").select_option("Sales")
        lines = page.get_by_label("How it should be")
        lines.fill(lines.input_value().replace("good: up", "description: Signed., good: up"))
        page.get_by_role("button", name="Object").click()
        expect(page.get_by_role("heading", level=2).first).to_have_text("Open: waits for an answer")
        expect(page.get_by_label("The lines that are asked for")).to_contain_text("Signed.")
        page.get_by_role("textbox", name="Answer").fill("Agreed by both teams.")
        page.get_by_label("Valid from").fill("2026-03-02")
        page.get_by_role("button", name="Accept").click()
        expect(page.get_by_role("heading", level=2).first).to_have_text("Accepted")
        with page.expect_download() as download:
            page.get_by_role("link", name="Download the patch").click()
        download.value.save_as(tmp_path / "it.patch")
    assert disputes(workspace.record)[0].status == "accepted"
    workspace.close()

    git = shutil.which("git")
    assert git is not None
    subprocess.run([git, "apply", "it.patch"], cwd=tmp_path, check=True)
    changed = reopen(tmp_path)
    assert changed.project.metrics["conversion"].version == 3
    changed.refresh()
    with shown(changed, browser) as page:
        expect(
            page.get_by_text("Version 3, valid from 2 Mar 2026: Agreed by both teams.")
        ).to_be_visible()
        expect(page.locator("figure").first).to_contain_text("Version 3 of the definition")
    changed.close()
