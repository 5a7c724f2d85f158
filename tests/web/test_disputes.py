"""The page of disputes: words are shown as words, changes come from our own pages alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from markupsafe import escape

from sameboat.project.viewer import OWNER, Viewer
from sameboat.questions.opened import Opened
from sameboat.store.disputes import disputes
from sameboat.web.app import create_app
from tests.unit.questions.ferry import NOW, ferry
from tests.web.conftest import HOST, OWN, PORT, TOKEN, Client

PAGE = "/kpi/conversion/disputes"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Opened]:
    opened = ferry(tmp_path)
    yield opened
    opened.close()


def signed_in(workspace: Opened, viewer: Viewer = OWNER) -> Client:
    app = create_app(
        lambda: workspace, viewer_of=lambda session: viewer, now=lambda: NOW, token=TOKEN, port=PORT
    )
    client = Client(app, host=HOST)
    assert client.get(f"/?token={TOKEN}").status_code == 303
    return client


def post(client: Client, path: str = PAGE, **form: str) -> int:
    return client.ask("POST", path, headers=OWN, data=form).status_code


def test_an_objection_is_answered_and_its_patch_fetched(workspace: Opened) -> None:
    client = signed_in(workspace)
    page = client.get(PAGE).text
    assert "Nobody disputes Conversion" in page
    start = page.index('spellcheck="false">') + len('spellcheck="false">\n')
    lines = page[start : page.index("</textarea>", start)]
    assert lines.startswith("  conversion: {type: ratio")
    changed = lines.replace("good: up", "good: up, description: Signed in the week")
    assert post(client, objection="It says too little.", team="sales", proposed=changed) == 303
    page = client.get(PAGE).text
    assert "for Sales" in page
    assert "Open: waits for an answer" in page
    assert post(client, f"{PAGE}/d_2026_001", version="1", verdict="accept", words="Yes.") == 303
    patch = client.get(f"{PAGE}/d_2026_001.patch")
    assert patch.status_code == 200
    assert "+" in patch.text
    assert "version: 3" in patch.text
    assert post(client, f"{PAGE}/d_2026_001", version="1", verdict="decline", words="No.") == 409
    assert disputes(workspace.store)[0].status == "accepted", "the second answer changes nothing"


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '"><img src=x onerror=y>', "{{7*7}}"]
)
def test_words_are_shown_and_never_run(workspace: Opened, text: str) -> None:
    client = signed_in(workspace)
    assert post(client, objection=text) == 303
    page = client.get(PAGE).text
    assert "<script>alert" not in page
    assert "<img" not in page
    assert escape(text) in page
    assert disputes(workspace.store)[0].objection == text


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 400),
        ({"objection": "  "}, 400),
        ({"objection": "a\x00b"}, 400),
        ({"objection": "x" * 5_000}, 400),
        ({"objection": "x" * 9_000}, 400),
        ({"objection": "so", "team": "pirates"}, 404),
        ({"objection": "so", "proposed": "  conversion: [1"}, 400),
    ],
)
def test_what_cannot_be_is_refused(workspace: Opened, form: dict[str, str], status: int) -> None:
    assert post(signed_in(workspace), **form) == status
    assert disputes(workspace.record) == ()


def test_a_foreign_page_changes_nothing(workspace: Opened) -> None:
    client = signed_in(workspace)
    for headers in ({}, {"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}):
        answer = client.ask("POST", PAGE, headers=headers, data={"objection": "x"})
        assert answer.status_code == 403
    assert disputes(workspace.record) == ()


def test_who_may_only_read_changes_nothing(workspace: Opened) -> None:
    client = signed_in(workspace, Viewer("guest", frozenset({"viewer"})))
    assert client.get(PAGE).status_code == 200
    assert post(client, objection="x") == 403
    assert disputes(workspace.record) == ()


def test_what_is_not_there_is_not_found(workspace: Opened) -> None:
    client = signed_in(workspace)
    assert client.get("/kpi/none/disputes").status_code == 404
    assert client.get(f"{PAGE}/d_2026_001.patch").status_code == 404
    form = {"version": "1", "verdict": "accept", "words": "x"}
    assert post(client, f"{PAGE}/d_2026_001", **form) == 404
