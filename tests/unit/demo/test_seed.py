"""The seeded decision is one that the store takes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sameboat.actions.propose import propose
from sameboat.demo.seed import OPEN_DECISION, PROPOSED_AT
from sameboat.demo.truths import FUNDED_ON
from sameboat.project.viewer import OWNER_ACTOR
from sameboat.store.connect import open_store
from sameboat.store.proposals import open_proposals


def test_the_store_takes_the_decision_once_and_holds_it_open(tmp_path: Path) -> None:
    store = open_store("sqlite:///store.db", folder=tmp_path)
    try:
        for _ in range(2):
            propose(store, actor=OWNER_ACTOR, proposal=OPEN_DECISION, now=PROPOSED_AT)
        [waiting] = open_proposals(store)
    finally:
        store.close()
    assert waiting.title == "Fund the £40k advocacy campaign?"
    assert waiting.closes_on == FUNDED_ON
    assert waiting.closes_on.strftime("%A") == "Friday"


def test_its_effect_is_due_in_week_twenty() -> None:
    by = date.fromisoformat(OPEN_DECISION["predicts"]["by"])
    assert (by - FUNDED_ON).days == 20 * 7
