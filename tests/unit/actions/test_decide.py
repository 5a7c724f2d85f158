"""A decision freezes the prediction, once, on the version that was read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sameboat.actions.decide import decide
from sameboat.errors import AccessError, RequestError, StoreError
from sameboat.project.viewer import OWNER_ACTOR, Actor
from sameboat.store import audit
from sameboat.store.connect import Store, open_store
from sameboat.store.proposals import ProposalRecord, open_proposals, proposal
from tests.unit.actions.test_propose import NOON, SQUAD, put

FUND = {"at": "2026-10-26T10:00:00Z", "verdict": "fund", "by_role": "leadership"}
LATER = NOON + dt.timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store in which one proposal waits."""
    opened = open_store("sqlite:///.sameboat/store.db", folder=tmp_path)
    put(opened, id="p_squad")
    yield opened
    opened.close()


def fund(store: Store, id: str = "p_squad", *, version: int = 1, **other: Any) -> ProposalRecord:
    said = {**FUND, **other}
    return decide(
        store, actor=OWNER_ACTOR, proposal=id, decided=said, version=version, now=LATER
    )  # fmt: skip


def test_the_prediction_is_frozen_as_it_stood(store: Store) -> None:
    done = fund(store)
    assert proposal(store, "p_squad") == done
    assert (done.status, done.version) == ("decided", 2)
    assert done.prediction == SQUAD["predicts"]
    assert done.record["decided"]["verdict"] == "fund"
    assert open_proposals(store) == ()


def test_before_the_decision_it_waited(store: Store) -> None:
    fund(store)
    (then,) = open_proposals(store, as_known_at=NOON)
    assert (then.id, then.status, then.prediction) == ("p_squad", "open", None)


def test_the_audit_holds_both_sides(store: Store) -> None:
    fund(store)
    change = audit.changes(store, kind="proposal")[-1]
    assert (change.what, change.who, change.at) == ("decided", OWNER_ACTOR.name, LATER)
    assert change.before is not None
    assert change.after is not None
    assert (change.before["status"], change.after["status"]) == ("open", "decided")


def test_the_same_decision_again_changes_nothing(store: Store) -> None:
    done = fund(store)
    assert fund(store) == done
    assert len(audit.changes(store, kind="proposal")) == 2


@pytest.mark.parametrize("version", [0, 2])
def test_a_proposal_that_is_another_by_now_is_not_decided(store: Store, version: int) -> None:
    with pytest.raises(StoreError) as caught:
        fund(store, version=version)
    assert caught.value.code == "record-changed"
    assert [one.id for one in open_proposals(store)] == ["p_squad"]


def test_another_decision_on_a_decided_one_is_refused(store: Store) -> None:
    fund(store)
    with pytest.raises(StoreError) as caught:
        fund(store, version=2, verdict="decline")
    assert caught.value.code == "record-changed"


def test_a_proposal_that_is_not_there_is_named_with_its_neighbour(store: Store) -> None:
    with pytest.raises(RequestError, match="Did you mean 'p_squad'"):
        fund(store, "p_squat")


NAIVE = dt.datetime(2026, 10, 26, 10)


@pytest.mark.parametrize(
    "other", [{"at": "yesterday"}, {"at": "2026-10-26T10:00:00"}, {"at": NAIVE}, {"wy": 1}]
)
def test_a_decision_of_the_wrong_shape_changes_nothing(store: Store, other: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        fund(store, **other)
    assert len(open_proposals(store)) == 1


def test_only_who_may_decides(store: Store) -> None:
    reader = Actor("reader", roles=frozenset())
    with pytest.raises(AccessError):
        decide(store, actor=reader, proposal="p_squad", decided=FUND, version=1, now=LATER)
    assert len(open_proposals(store)) == 1
