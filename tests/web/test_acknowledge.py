"""A signal is acknowledged from its page: by a team, with a reason, once, from our own page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sameboat.project.viewer import OWNER
from sameboat.questions.opened import Opened
from sameboat.store.signals import standing_signals
from sameboat.web.app import create_app
from tests.unit.questions.ferry import NOW, ferry, reopen
from tests.web.conftest import HOST, OWN, TOKEN, Client, page

PATH = "/kpi/conversion/acknowledge"
SAID = {"by": "sales", "reason": "We look at sources on Thursday.", "version": "1"}


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Opened]:
    workspace = ferry(tmp_path, fallen=8)
    workspace.watch()
    yield workspace
    workspace.close()


@pytest.fixture
def reader(company: Opened) -> Client:
    port = int(HOST.rpartition(":")[2])
    app = create_app(
        lambda: company, viewer_of=lambda _: OWNER, now=lambda: NOW, token=TOKEN, port=port
    )  # fmt: skip
    return Client(app).sign_in()


def test_the_page_says_that_it_was_raised_and_asks_for_team_and_reason(reader: Client) -> None:
    said = reader.get("/kpi/conversion").text
    assert "Signal raised 26 Oct, not acknowledged" in said
    assert f'action="{PATH}"' in said
    assert '<option value="sales">Sales</option>' in said
    assert "Signal raised 26 Oct, not acknowledged." in reader.get("/").text
    assert "one false signal is expected about every 375 weeks" in reader.get("/").text


def test_the_form_records_and_leads_back(reader: Client, company: Opened) -> None:
    answer = reader.post(PATH, data=SAID)
    assert (answer.status_code, answer.headers["location"]) == (303, "/kpi/conversion#signal")
    assert standing_signals(company.store)["conversion"].acknowledged_by == "sales"
    shown = reader.get("/kpi/conversion").text
    assert "raised 26 Oct, acknowledged by Sales" in shown
    assert "We look at sources on Thursday." in shown
    assert PATH not in shown


@pytest.mark.parametrize(
    ("change", "status"),
    [({"reason": ""}, 400), ({"by": "Maria"}, 400), ({"version": "9"}, 409)],
)
def test_what_does_not_fit_is_refused_with_its_reason(
    reader: Client, company: Opened, change: dict[str, str], status: int
) -> None:
    assert reader.post(PATH, data={**SAID, **change}).status_code == status
    assert standing_signals(company.store)["conversion"].status == "open"


def test_another_page_cannot_acknowledge(reader: Client, company: Opened) -> None:
    foreign = {**OWN, "origin": "http://evil.example", "sec-fetch-site": "cross-site"}
    assert reader.ask("POST", PATH, data=SAID, headers=foreign).status_code == 403
    assert standing_signals(company.store)["conversion"].status == "open"


def test_a_kpi_without_a_signal_says_so(reader: Client, company: Opened) -> None:
    reader.post(PATH, data=SAID)
    assert reader.post("/kpi/nothing/acknowledge", data=SAID).status_code == 404


def test_the_board_names_what_waits_and_takes_the_acknowledgement(
    reader: Client, company: Opened
) -> None:
    board = page(reader)
    assert board.by_id("waiting").text == (
        "Raised, and not acknowledged yet: the signal of Conversion."
    )
    (row,) = board.all("article", "row")
    form = row.one("form")
    assert form.attributes["action"] == PATH
    assert [option.text for option in form.all("option")] == ["Marketing", "Sales"]
    answer = reader.post(PATH, data={**SAID, "back": "board"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/#s-conversion")
    board = page(reader)
    said = board.by_id("s-conversion")
    assert said.text == (
        "Signal raised 26 Oct, acknowledged by Sales: We look at sources on Thursday."
    )
    assert said.attributes["tabindex"] == "-1", "so that browsers focus it"
    assert not board.all("form", "ask")
    assert not board.all(css="notice")


def test_the_board_of_a_past_moment_takes_no_acknowledgement(reader: Client) -> None:
    board = page(reader, "/?as_known_at=2026-10-26T06:10")
    assert "Signal raised 26 Oct, not acknowledged." in board.text
    assert not board.all("form", "ask")


def test_the_second_of_two_people_reads_who_was_first(reader: Client) -> None:
    reader.post(PATH, data=SAID)
    second = reader.post(PATH, data={**SAID, "by": "marketing", "reason": "Ours."})
    assert second.status_code == 409
    assert "Somebody else was there first" in second.text
    assert "acknowledged by sales on 26 October 2026: We look at sources" in second.text


@pytest.mark.parametrize("teams", [True, False])
def test_a_signal_that_no_team_owns_can_be_taken_all_the_same(tmp_path: Path, teams: bool) -> None:
    """Who may acknowledge is a right: any team may be named, and without teams the owner's role."""
    ferry(tmp_path, fallen=8).close()
    said = (tmp_path / "all.yml").read_text(encoding="utf-8")
    kept = [
        line for line in said.splitlines() if not line.startswith(("    owners:", "    steward:"))
    ]
    text = "\n".join(kept)
    if not teams:
        text = text[: text.index("teams:")] + text[text.index("objectives:") :]
    (tmp_path / "all.yml").write_text(text, encoding="utf-8")
    company = reopen(tmp_path)
    company.watch()
    port = int(HOST.rpartition(":")[2])
    client = Client(
        create_app(
            lambda: company, viewer_of=lambda _: OWNER, now=lambda: NOW, token=TOKEN, port=port
        )
    ).sign_in()
    expected = ["Marketing", "Sales"] if teams else ["Owner"]
    for path in ("/", "/kpi/conversion"):
        form = page(client, path).one("form", "ask")
        assert [option.text for option in form.all("option")] == expected
    assert client.post(PATH, data={**SAID, "by": "Maria"}).status_code == 400
    by = "sales" if teams else "owner"
    assert client.post(PATH, data={**SAID, "by": by}).status_code == 303
    assert standing_signals(company.store)["conversion"].acknowledged_by == by
    company.close()
