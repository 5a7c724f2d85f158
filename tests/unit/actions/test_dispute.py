"""An objection, the change that it asks for, and the answer: nothing is overridden in hiding."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
from pathlib import Path

import pytest

from sameboat.actions.dispute import LONGEST, answer, dispute
from sameboat.errors import AccessError, ProjectError, RequestError, SameboatError, StoreError
from sameboat.project.load import load
from sameboat.project.viewer import OWNER_ACTOR, Actor
from sameboat.questions.disputes import declaration
from sameboat.questions.opened import Opened
from sameboat.store import audit
from sameboat.store.disputes import DisputeRecord, disputes
from tests.unit.questions.ferry import NOW, ferry, reopen

GUEST = Actor("guest", frozenset({"viewer"}))
DAY = dt.date(2026, 11, 2)


def object_to(workspace: Opened, **more: object) -> DisputeRecord:
    said: dict[str, object] = {
        "actor": OWNER_ACTOR, "metric": "customers", "objection": "Trials are no customers.",
        "now": NOW, "team": "sales", **more,
    }  # fmt: skip
    return dispute(workspace, **said)  # type: ignore[arg-type]


def reply(workspace: Opened, to: DisputeRecord, **more: object) -> DisputeRecord:
    said: dict[str, object] = {
        "actor": OWNER_ACTOR, "id": to.id, "accept": True, "words": "Only paid ones count: agreed.",
        "version": to.version, "now": NOW, "valid_from": DAY, **more,
    }  # fmt: skip
    return answer(workspace, **said)  # type: ignore[arg-type]


def wanted(workspace: Opened) -> str:
    return declaration(workspace.project, "customers").block.text.replace(
        "signed = true", "signed = true and source = 'paid'"
    )


@pytest.fixture
def workspace(tmp_path: Path) -> Opened:
    return ferry(tmp_path)


def test_an_accepted_change_is_a_patch_that_git_applies(workspace: Opened, tmp_path: Path) -> None:
    """It holds the lines asked for with the next version, its day and the answer, and no more."""
    before = (tmp_path / "all.yml").read_text()
    done = reply(workspace, object_to(workspace, proposed=wanted(workspace)))
    assert (tmp_path / "all.yml").read_text() == before, "nothing is overridden"
    assert done.status == "accepted"
    assert done.patch is not None
    assert [line for line in done.patch.splitlines() if line.startswith("-")][1:] == [
        '-              filter: "signed = true", kind: output}'
    ]
    git = shutil.which("git")
    assert git is not None
    (tmp_path / "it.patch").write_text(done.patch)
    subprocess.run([git, "apply", "it.patch"], cwd=tmp_path, check=True)
    changed = load(tmp_path).metrics["customers"]
    assert changed.version == 2
    assert changed.valid_from == DAY
    assert changed.why == "Only paid ones count: agreed."
    assert "paid" in str(changed.filter)
    workspace.close()


def test_every_step_is_in_the_audit(workspace: Opened) -> None:
    done = reply(workspace, object_to(workspace), accept=False)
    [opened, declined] = audit.changes(workspace.store, kind="dispute", record=done.id)
    assert (opened.what, declined.what) == ("disputed", "declined")
    assert declined.after == done.plain()
    assert done.patch is None
    assert disputes(workspace.store, metric="customers") == (done,)
    workspace.close()


def test_the_second_of_two_answers_sees_the_first(workspace: Opened) -> None:
    open_one = object_to(workspace)
    reply(workspace, open_one, accept=False)
    with pytest.raises(StoreError, match="declined in version 2 by now") as found:
        reply(workspace, open_one)
    assert found.value.code == "record-changed"
    workspace.close()


def test_an_answer_is_to_the_version_that_was_read(workspace: Opened) -> None:
    open_one = object_to(workspace)
    with pytest.raises(StoreError, match="open in version 1 by now") as found:
        reply(workspace, open_one, version=2)
    assert found.value.code == "record-changed"
    assert disputes(workspace.store, metric="customers") == (open_one,)
    workspace.close()


def test_a_definition_that_changed_meanwhile_is_not_overwritten(
    workspace: Opened, tmp_path: Path
) -> None:
    open_one = object_to(workspace, proposed=wanted(workspace))
    file = tmp_path / "all.yml"
    file.write_text(file.read_text().replace("label: New customers", "label: Won"))
    again = reopen(tmp_path)
    with pytest.raises(StoreError, match="is not the one"):
        reply(again, open_one)
    again.close()
    workspace.close()


def test_only_who_may_objects_and_answers(workspace: Opened) -> None:
    with pytest.raises(AccessError):
        object_to(workspace, actor=GUEST)
    open_one = object_to(workspace)
    with pytest.raises(AccessError):
        reply(workspace, open_one, actor=GUEST)
    assert disputes(workspace.store)[0].status == "open"
    workspace.close()


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"objection": " \n "}, "record-invalid"),
        ({"objection": "a\x00b"}, "record-invalid"),
        ({"objection": "a\ud800b"}, "record-invalid"),
        ({"objection": "x" * (LONGEST + 1)}, "record-invalid"),
        ({"metric": "no_such"}, "unknown-metric"),
        ({"team": "pirates"}, "unknown-team"),
        ({"proposed": "  leads: {type: simple}\n"}, "edit-not-possible"),
        ({"proposed": "customers: {type: simple}"}, "edit-not-possible"),
        ({"proposed": "  customers: {type: simple}\n  more: {type: simple}"}, "edit-not-possible"),
        ({"proposed": "  customers: [unclosed"}, "edit-not-possible"),
        ({"proposed": "  customers: {type: simple, table: nowhere, agg: count}"}, "unknown-table"),
    ],
)
def test_what_cannot_be_is_refused_and_not_recorded(
    workspace: Opened, more: dict[str, object], code: str
) -> None:
    with pytest.raises(SameboatError) as found:
        object_to(workspace, **more)
    assert code in {one.code for one in found.value.findings}
    assert isinstance(found.value, RequestError | ProjectError)
    assert disputes(workspace.record) == ()
    workspace.close()


@pytest.mark.parametrize(
    "text", ["'; drop table disputes; --", "<script>alert(1)</script>", "č 漢 \u202e\u2028 {}: #"]
)
def test_odd_words_are_held_as_they_are(workspace: Opened, text: str) -> None:
    """And in the `why` of a patch they are one text, whatever signs they hold."""
    held = object_to(workspace, objection=text, proposed=wanted(workspace))
    done = reply(workspace, held, words=text)
    assert disputes(workspace.store)[0].objection == text
    assert done.patch is not None
    assert 'why: "' in done.patch
    workspace.close()
