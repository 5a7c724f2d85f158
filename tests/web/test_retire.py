"""The page of a metric's retirement says what rests on it and shows the change of its file."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sameboat.project.load import load
from sameboat.project.viewer import OWNER, Viewer
from sameboat.questions.opened import Opened
from sameboat.web.app import create_app
from tests.unit.questions.ferry import NOW, ferry
from tests.web.conftest import HOST, TOKEN, Client, page

PAGE = "/metric/leads/retire"
ASKED = "on=2026-12-31&replaced_by=customers"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    workspace = ferry(tmp_path_factory.mktemp("ferry"))
    workspace.refresh()
    yield workspace
    workspace.close()


def reader_of(company: Opened, viewer: Viewer) -> Client:
    port = int(HOST.rpartition(":")[2])
    app = create_app(
        lambda: company, viewer_of=lambda _: viewer, now=lambda: NOW, token=TOKEN, port=port
    )  # fmt: skip
    return Client(app).sign_in()


@pytest.fixture(scope="module")
def reader(company: Opened) -> Client:
    return reader_of(company, OWNER)


def test_it_says_what_rests_on_the_metric_and_asks_for_its_last_day(reader: Client) -> None:
    shown = page(reader, PAGE)
    assert shown.one("h1").text == "Leads is still needed"
    assert [item.text for item in shown.all("ul", "plain")[0].all("li")] == [
        "Marketing moves it for the KPI Conversion.",
        "It is a guardrail of the KPI Conversion.",
        "The metric Conversion is made from it.",
    ]
    form = next(f for f in shown.all("form") if f.get("class") == "words")
    assert (form.get("method"), form.get("action")) == ("get", f"{PAGE}#change")
    names = [option.get("value") for option in form.all("option")]
    assert names == ["", "customers", "conversion"]


def test_the_change_is_shown_and_git_takes_its_file(
    reader: Client, company: Opened, tmp_path: Path
) -> None:
    before = (company.project.folder / "all.yml").read_text()
    lines = page(reader, f"{PAGE}?{ASKED}").one("pre").text
    assert "2026-12-31" in lines
    assert "customers" in lines
    file = reader.get(f"{PAGE}.patch?{ASKED}")
    assert file.headers["content-type"].startswith("text/x-patch")
    assert (company.project.folder / "all.yml").read_text() == before
    shutil.copy(company.project.folder / "all.yml", tmp_path)
    shutil.copy(company.project.folder / "sameboat.yml", tmp_path)
    (tmp_path / "it.patch").write_text(file.text)
    git = shutil.which("git")
    assert git is not None
    subprocess.run([git, "apply", "it.patch"], cwd=tmp_path, check=True)
    assert load(tmp_path).metrics["leads"].replaced_by == "customers"


def test_kpi_page_and_disputes_lead_to_it(reader: Client) -> None:
    assert 'href="/metric/conversion/retire"' in reader.get("/kpi/conversion").text
    assert 'href="/metric/conversion/retire"' in reader.get("/kpi/conversion/disputes").text


def test_what_cannot_be_is_refused(reader: Client, company: Opened) -> None:
    assert reader.get("/metric/none/retire").status_code == 404
    assert reader.get(f"{PAGE}?on=soon").status_code == 400
    assert reader.get(f"{PAGE}.patch").status_code == 400
    assert reader.get(f"{PAGE}?on=2026-12-31&replaced_by=leads").status_code == 404
    guest = reader_of(company, Viewer("guest"))
    assert guest.get(f"{PAGE}?{ASKED}").status_code == 403
    assert guest.get(f"{PAGE}.patch?{ASKED}").status_code == 403
