"""Signals, disputes and retirements over HTTP: who may, once, and nothing by another site."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from sameboat.api import rest
from sameboat.project.load import load
from sameboat.project.viewer import OWNER, Viewer
from sameboat.questions.opened import Opened
from sameboat.store import audit
from sameboat.web.app import create_app
from tests.unit.questions.ferry import NOW, ferry, reopen
from tests.web.conftest import OWN, PORT, TOKEN, Client

TAKEN = {"by": "sales", "reason": "We look at sources on Thursday.", "version": 1}
OBJECTION = {"metric": "conversion", "objection": "Trials are counted as customers."}
GUEST = Viewer("guest")


@pytest.fixture(scope="module")
def fallen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company with one raised signal; each test works on a copy."""
    folder = tmp_path_factory.mktemp("fallen")
    workspace = ferry(folder, fallen=8)
    workspace.watch()
    workspace.close()
    return folder


@pytest.fixture
def project(fallen: Path, tmp_path: Path) -> Iterator[Opened]:
    opened = reopen(Path(shutil.copytree(fallen, tmp_path / "ferry")))
    yield opened
    opened.close()


def app_for(project: Opened, viewer: Viewer) -> FastAPI:
    return create_app(
        lambda: project, viewer_of=lambda _: viewer, now=lambda: NOW, token=TOKEN, port=PORT,
        addresses=rest.ROUTERS,
    )  # fmt: skip


@pytest.fixture
def client(project: Opened) -> Client:
    return Client(app_for(project, OWNER)).sign_in()


def error(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = answer.json()["error"]
    return found


def test_a_raised_signal_is_told_with_owners_steward_verdict_and_link(client: Client) -> None:
    (one,) = client.get("/api/v1/signals").json()["data"]
    assert (one["id"], one["kpi"], one["kind"], one["status"]) == (
        1,
        "conversion",
        "signal",
        "open",
    )
    assert one["words"] == one["verdict"] == "Signal, worse: 8 weeks below centre"
    assert one["since"] == "2026-08-31"
    assert [owner["team"] for owner in one["owners"]] == ["marketing", "sales"]
    assert one["steward"].startswith("Sales until")
    assert one["version"] == 1
    assert client.get(one["page"].partition("#")[0]).status_code == 200
    assert client.get("/api/v1/signals/1").json()["data"] == one
    assert client.get("/api/v1/signals?status=acknowledged").json()["data"] == []
    assert error(client.get("/api/v1/signals?status=loud"))["code"] == "request-invalid"
    assert client.get("/api/v1/signals/2").status_code == 404


def test_a_signal_is_acknowledged_once_and_the_second_reads_who_was_first(
    client: Client, project: Opened
) -> None:
    path = "/api/v1/signals/1/acknowledge"
    done = client.post(path, json=TAKEN).json()["data"]
    assert (done["status"], done["version"], done["acknowledged_by"]) == (
        "acknowledged",
        2,
        "sales",
    )
    assert done["reason"] == TAKEN["reason"]
    assert client.post(path, json=TAKEN).status_code == 200, "the same again changes nothing"
    second = client.post(path, json={**TAKEN, "by": "marketing", "reason": "Ours."})
    assert second.status_code == 409
    assert error(second)["code"] == "record-changed"
    assert "acknowledged by sales on 26 October 2026: We look" in error(second)["message"]
    changes = audit.changes(project.store, kind="signal")
    assert [(change.what, change.who) for change in changes] == [
        ("raised", "owner"), ("acknowledged", "owner"),
    ]  # fmt: skip


def test_a_past_moment_knows_what_stood_then(client: Client) -> None:
    assert client.get("/api/v1/signals?as_known_at=2026-10-26T06:00").json()["data"] == []
    assert len(client.get("/api/v1/signals?as_known_at=2026-10-26T06:10").json()["data"]) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"reason": ""}, {"reason": "x" * 501}, {"by": "Maria"}, {"version": None},
        {"version": "one"}, {"person": "Maria"}, {"reason": "a\u0000b"}, {"reason": ["a"]},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_and_nothing_is_written(
    client: Client, project: Opened, change: dict[str, Any]
) -> None:
    answer = client.post("/api/v1/signals/1/acknowledge", json={**TAKEN, **change})
    assert answer.status_code == 400, answer.text
    assert error(answer)["message"]
    assert project.signals(which="open")


def test_a_body_that_is_no_json_is_refused(client: Client, project: Opened) -> None:
    for body in (b"{", b"", b"by=sales&reason=x&version=1", b"[1]"):
        answer = client.post("/api/v1/signals/1/acknowledge", content=body)
        assert answer.status_code == 400
        assert error(answer)["code"] == "request-invalid"
    assert project.signals(which="open")


WRITING = (
    ("/api/v1/signals/1/acknowledge", TAKEN),
    ("/api/v1/disputes", OBJECTION),
    ("/api/v1/disputes/d_2026_001/answer", {"version": 1, "accept": False, "words": "No."}),
)


@pytest.mark.parametrize(("path", "sent"), WRITING)
def test_no_role_but_one_that_may_changes_anything(
    project: Opened, path: str, sent: dict[str, Any]
) -> None:
    owner = Client(app_for(project, OWNER)).sign_in()
    assert owner.post("/api/v1/disputes", json=OBJECTION).status_code == 201
    before = audit.changes(project.store)
    guest = Client(app_for(project, GUEST)).sign_in()
    answer = guest.post(path, json=sent)
    assert (answer.status_code, error(answer)["code"]) == (403, "not-allowed")
    anonymous = Client(app_for(project, OWNER)).post(path, json=sent)
    assert (anonymous.status_code, error(anonymous)["code"]) == (401, "sign-in-needed")
    assert audit.changes(project.store) == before


@pytest.mark.parametrize(("path", "sent"), WRITING)
@pytest.mark.parametrize(
    "headers",
    [
        {}, {"origin": "http://attacker.example"}, {"origin": "null"},
        {**OWN, "sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
    ],
)  # fmt: skip
def test_another_site_changes_nothing(
    client: Client, project: Opened, path: str, sent: dict[str, Any], headers: dict[str, str]
) -> None:
    before = audit.changes(project.store)
    answer = client.ask("POST", path, json=sent, headers=headers)
    assert (answer.status_code, error(answer)["code"]) == (403, "foreign-origin")
    assert audit.changes(project.store) == before


def test_a_dispute_is_opened_listed_answered_once_and_gives_a_patch_that_git_takes(
    client: Client, project: Opened
) -> None:
    lines = (project.project.folder / "all.yml").read_text()
    block = lines[lines.index("  conversion: {type") : lines.index("kpis:")]
    asked = {**OBJECTION, "team": "sales", "proposed": block.replace("good: up", "good: down")}
    made = client.post("/api/v1/disputes", json=asked)
    assert made.status_code == 201
    one = made.json()["data"]
    assert (one["status"], one["team_label"], one["page"]) == (
        "open", "Sales", "/kpi/conversion/disputes",
    )  # fmt: skip
    assert any("good: down" in line for line in one["changes"])
    assert client.get("/api/v1/disputes?status=open&metric=conversion").json()["data"] == [one]
    assert client.get("/api/v1/disputes?status=declined").json()["data"] == []
    path = f"/api/v1/disputes/{one['id']}"
    said = {"version": 1, "accept": True, "words": "Agreed.", "valid_from": "2026-03-02"}
    done = client.post(f"{path}/answer", json=said).json()["data"]
    assert (done["status"], done["answer"], done["version"]) == ("accepted", "Agreed.", 2)
    assert client.get(path).json()["data"] == done
    again = client.post(f"{path}/answer", json=said)
    assert (again.status_code, error(again)["code"]) == (409, "record-changed")
    assert (project.project.folder / "all.yml").read_text() == lines, "git changes it, not the app"
    applied(project, done["patch"])
    assert load(project.project.folder).metrics["conversion"].version == 3


def applied(project: Opened, patch: str) -> None:
    git = shutil.which("git")
    assert git is not None
    folder = project.project.folder
    Path(folder, "it.patch").write_text(patch)
    subprocess.run([git, "apply", "it.patch"], cwd=folder, check=True)


def test_disputes_that_cannot_be_are_refused(client: Client) -> None:
    for asked, status in (
        ({"metric": "none", "objection": "Why?"}, 404),
        ({"metric": "conversion", "objection": " "}, 400),
        ({**OBJECTION, "team": "none"}, 404),
        ({**OBJECTION, "proposed": "conversion: {type: ratio}"}, 400),
    ):
        answer = client.post("/api/v1/disputes", json=asked)
        assert answer.status_code == status, answer.text
        assert error(answer)["code"]
    assert client.get("/api/v1/disputes").json()["data"] == []
    assert client.get("/api/v1/disputes/d_2026_009").status_code == 404
    said = {"version": 1, "accept": True, "words": "Yes."}
    assert client.post("/api/v1/disputes/d_2026_009/answer", json=said).status_code == 404


def test_a_retirement_says_what_rests_on_the_metric_and_gives_the_patch(
    client: Client, project: Opened
) -> None:
    path = "/api/v1/metrics/leads/retirement"
    found = client.get(path).json()["data"]
    assert (found["status"], found["patch"], found["file"]) == ("in-use", None, "all.yml")
    assert found["used_by"] == [
        "Marketing moves it for the KPI Conversion",
        "it is a guardrail of the KPI Conversion",
        "the metric Conversion is made from it",
    ]
    asked = client.get(f"{path}?day=2026-12-31&replaced_by=customers").json()["data"]
    applied(project, asked["patch"])
    changed = reopen(Path(project.project.folder))
    assert changed.project.metrics["leads"].replaced_by == "customers"
    again = Client(app_for(changed, OWNER)).sign_in()
    (one,) = again.get("/api/v1/retirements").json()["data"]
    assert (one["metric"], one["status"], one["retired"]) == ("leads", "retired", "2026-12-31")
    assert again.get(f"{path}?day=2027-01-31").status_code == 400
    changed.close()


def test_a_retirement_that_cannot_be_is_refused(project: Opened, client: Client) -> None:
    path = "/api/v1/metrics/leads/retirement"
    assert client.get("/api/v1/metrics/none/retirement").status_code == 404
    assert client.get(f"{path}?day=soon").status_code == 400
    assert client.get(f"{path}?day=2026-12-31&replaced_by=none").status_code == 404
    guest = Client(app_for(project, GUEST)).sign_in()
    assert guest.get(f"{path}?day=2026-12-31").status_code == 403
