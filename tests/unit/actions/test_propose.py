"""A proposal is written with its audit, or refused with every reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sameboat.actions.propose import propose
from sameboat.errors import AccessError, RequestError, StoreError
from sameboat.project.viewer import OWNER_ACTOR, Actor
from sameboat.store import audit, schema
from sameboat.store.connect import Store, open_store
from sameboat.store.points import RunRecord, record_refresh
from sameboat.store.proposals import open_proposals, proposal

NOON = dt.datetime(2026, 10, 25, 12, tzinfo=dt.UTC)
SQUAD: dict[str, Any] = {
    "title": "Onboarding squad for small accounts",
    "kpi": "net_revenue_retention",
    "predicts": {
        "effect": 0.012, "low": 0.004, "high": 0.020, "confidence": 0.8, "per": "month",
        "by": "2027-09-30",
    },
    "where": "segment = 'SMB'",
    "cost": {"money": 90000, "hours": {"success_manager": 900}},
    "teams": ["customer_success", "product"],
    "guardrails": [{"metric": "csat", "worse_by": 0.02}],
    "stop_by": "2027-10-31",
}  # fmt: skip
DECIDED = {"at": "2026-10-22T10:00:00Z", "verdict": "fund", "by_role": "leadership"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A new, empty store."""
    opened = open_store("sqlite:///.sameboat/store.db", folder=tmp_path)
    yield opened
    opened.close()


def put(store: Store, hours: float = 0, **other: Any) -> str:
    told = {**SQUAD, **other}
    now = NOON + dt.timedelta(hours=hours)
    return propose(store, actor=OWNER_ACTOR, proposal=told, now=now)


def refused(store: Store, **other: Any) -> RequestError:
    with pytest.raises(RequestError) as raised:
        put(store, **other)
    return raised.value


def test_a_proposal_waits_with_all_that_was_said_of_it(store: Store) -> None:
    id = put(store, id="p_squad", closes_on="2026-11-10")
    (found,) = open_proposals(store)
    assert proposal(store, id) == found
    assert (found.id, found.status, found.version) == ("p_squad", "open", 1)
    assert (found.title, found.kpi) == (SQUAD["title"], SQUAD["kpi"])
    assert (found.created_at, found.created_by) == (NOON, "owner")
    assert found.closes_on == dt.date(2026, 11, 10)
    assert found.record == {**SQUAD, "where": ["segment = 'SMB'"]}
    assert found.prediction is None


def test_the_audit_says_who_when_and_what(store: Store) -> None:
    id = put(store)
    (change,) = audit.changes(store, kind="proposal", record=id)
    assert (change.at, change.who, change.what) == (NOON, "owner", "proposed")
    assert change.before is None
    found = proposal(store, id)
    assert found is not None
    assert change.after == found.plain()
    assert audit.changes(store, kind="review") == ()


def test_record_and_audit_are_written_together_or_not_at_all(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the plug was pulled")

    monkeypatch.setattr(audit, "note", broken)
    with pytest.raises(RuntimeError, match="pulled"):
        put(store)
    assert open_proposals(store) == ()
    assert audit.changes(store) == ()


def test_ids_are_given_by_year_and_never_twice(store: Store) -> None:
    assert put(store) == "p_2026_001"
    put(store, id="p_2026_041", title="Another")
    put(store, id="p_2026_squad", title="A third")
    assert put(store) == "p_2026_042"
    assert put(store, hours=24 * 100) == "p_2027_001"


def test_the_same_proposal_again_changes_nothing(store: Store) -> None:
    for hours in (0, 1):
        assert put(store, hours, id="p_squad", closes_on=dt.date(2026, 11, 10)) == "p_squad"
    assert len(audit.changes(store)) == 1


@pytest.mark.parametrize(
    "other", [{"title": "Other words"}, {"closes_on": "2026-12-01"}, {"teams": ["sales"]}]
)
def test_another_proposal_under_the_same_id_is_a_conflict(
    store: Store, other: dict[str, Any]
) -> None:
    """Nothing is overwritten, and the message names what is there."""
    put(store, id="p_squad")
    with pytest.raises(StoreError, match="Onboarding squad") as raised:
        put(store, id="p_squad", **other)
    assert raised.value.code == "record-exists"
    found = proposal(store, "p_squad")
    assert found is not None
    assert found.record["title"] == SQUAD["title"]
    assert len(audit.changes(store)) == 1


def test_a_decided_proposal_comes_with_its_prediction_frozen(store: Store) -> None:
    id = put(store, decided=DECIDED)
    assert open_proposals(store) == ()
    found = proposal(store, id)
    assert found is not None
    assert found.status == "decided"
    assert found.prediction == SQUAD["predicts"]


def test_only_those_with_the_right_may_propose(store: Store) -> None:
    """Roles are named by the project, so none of them brings the right by its name alone."""
    for roles in (frozenset[str](), frozenset({"viewer"}), frozenset({"leader", "steward"})):
        with pytest.raises(AccessError) as raised:
            propose(store, actor=Actor("kim", roles), proposal=SQUAD, now=NOON)
        assert raised.value.code == "not-allowed"
    assert open_proposals(store) == ()
    assert audit.changes(store) == ()


def test_every_fault_of_a_proposal_is_said_at_once(store: Store) -> None:
    error = refused(store, kpi=None, predicts={"effect": "much", "low": 0, "high": 1}, colour="red")
    assert {finding.code for finding in error.findings} == {"wrong-type", "unknown-key"}
    assert len(error.findings) == 3
    assert open_proposals(store) == ()


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"predicts": {**SQUAD["predicts"], "effect": 0.5}}, "between its low and its high"),
        ({"predicts": {**SQUAD["predicts"], "low": 0.02, "high": 0.004}}, "between its low"),
        ({"predicts": {**SQUAD["predicts"], "confidence": 1}}, "between 0 and 1"),
        ({"predicts": {**SQUAD["predicts"], "by": None}}, "predicts.by"),
        ({"cost": None, "teams": [], "guardrails": []}, "cost.*teams.*guardrail"),
        ({"stop_by": None}, "stop_by"),
        ({"title": ""}, "a title"),
        ({"id": "Größe!"}, "Use 'grosse'"),
        ({"id": 7}, "no name"),
        ({"closes_on": "soon"}, "closes_on"),
        ({"closes_on": 20261110}, "closes_on"),
    ],
)
def test_what_makes_no_decision_possible_is_refused(
    store: Store, other: dict[str, Any], words: str
) -> None:
    with pytest.raises(RequestError, match=words) as raised:
        put(store, **other)
    assert raised.value.code == "record-invalid"
    assert open_proposals(store) == ()


def test_a_time_without_zone_is_refused(store: Store) -> None:
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(RequestError, match="no time zone"):
        propose(store, actor=OWNER_ACTOR, proposal=SQUAD, now=naive)
    decided = {**SQUAD, "decided": {"at": naive, "verdict": "fund"}}
    with pytest.raises(RequestError, match="no time zone"):
        propose(store, actor=OWNER_ACTOR, proposal=decided, now=NOON)


def test_those_that_close_first_stand_first(store: Store) -> None:
    put(store, id="p_never")
    put(store, id="p_late", closes_on="2026-12-01")
    put(store, id="p_soon", closes_on="2026-11-01")
    assert [one.id for one in open_proposals(store)] == ["p_soon", "p_late", "p_never"]


def test_a_past_moment_shows_what_waited_then(store: Store) -> None:
    """Also after it was decided or changed since: the audit holds how it read."""
    put(store, 0, id="p_first", closes_on="2026-11-10")
    record = RunRecord(
        started_at=NOON, finished_at=NOON + dt.timedelta(hours=1), who="o", project="p"
    )
    run = record_refresh(store, run=record, series=[], cards={}).run
    put(store, 2, id="p_second")
    then = open_proposals(store)
    with store.writing() as connection:  # as the decision will do
        after = {**then[0].plain(), "status": "decided", "version": 2}
        held = schema.proposals.c
        change = schema.proposals.update().where(held.id == "p_first")
        connection.execute(change.values(status="decided", version=2))
        at = NOON + dt.timedelta(hours=3)
        change = audit.Change(
            at=at, who="owner", what="decided", kind="proposal", record="p_first",
            before=then[0].plain(), after=after,
        )  # fmt: skip
        audit.note(connection, change)

    def waited(known: dt.datetime | int | None) -> list[str]:
        return [one.id for one in open_proposals(store, as_known_at=known)]

    assert waited(NOON - dt.timedelta(hours=1)) == []
    assert waited(NOON) == ["p_first"]
    assert waited(run.id) == ["p_first"]
    assert open_proposals(store, as_known_at=NOON + dt.timedelta(hours=2)) == then
    assert waited(NOON + dt.timedelta(hours=3)) == waited(None) == ["p_second"]
    earlier = proposal(store, "p_first", as_known_at=NOON)
    assert earlier == then[0]
    assert proposal(store, "p_second", as_known_at=NOON) is None
    with pytest.raises(StoreError, match="no time zone"):
        open_proposals(store, as_known_at=NOON.replace(tzinfo=None))
