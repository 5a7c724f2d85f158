"""A damaged store is refused in words; what it says is not another figure.

SQLite does not notice a wrong bit within a text or a number. Points and records have check sums
of their own, and what those cannot see, the look at all pages before each refresh does.
"""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sameboat.actions.propose import propose
from sameboat.errors import StoreError
from sameboat.project.viewer import OWNER_ACTOR
from sameboat.store import audit
from sameboat.store.connect import open_store
from sameboat.store.points import cards, many, runs
from sameboat.store.proposals import open_proposals
from tests.faults.store_program import KEYS, START, proposal, refresh

RUNS = 4


def view(folder: Path) -> list[Any]:
    """All that the store tells, of now and of every run."""
    store = open_store("sqlite:///store.db", folder=folder, create=False)
    try:
        told: list[Any] = [repr((runs(store), audit.changes(store), open_proposals(store)))]
        told.append(cards(store))
        for run in (None, *range(1, RUNS + 1)):
            points = many(store, KEYS, as_known_at=run)
            told.append(sorted((key, one.digest) for key, one in points.items()))
            told.append(cards(store, as_known_at=run))
        return told
    finally:
        store.close()


def refused_before_writing(folder: Path) -> bool:
    """Whether a refresh would be refused."""
    store = open_store("sqlite:///store.db", folder=folder)
    try:
        refresh(store, RUNS + 1)
    except StoreError as error:
        return error.code == "store-corrupt"
    finally:
        store.close()
    return False


def made(folder: Path) -> bytes:
    """A store of some runs, as bytes."""
    store = open_store("sqlite:///store.db", folder=folder)
    for number in range(1, RUNS + 1):
        refresh(store, number)
        propose(store, actor=OWNER_ACTOR, proposal=proposal(), now=START)
    store.close()
    return (folder / "store.db").read_bytes()


def outcome(folder: Path, damaged: bytes, whole: list[Any]) -> str:
    """What a reader, and if need be the next refresh, makes of a store with these bytes."""
    for left in folder.glob("store.db*"):
        left.unlink()
    (folder / "store.db").write_bytes(damaged)
    try:
        if view(folder) == whole:
            return "same"
    except StoreError as error:
        return error.code
    return "refused later" if refused_before_writing(folder) else "silent"


@pytest.mark.parametrize(
    "count", [80, pytest.param(3000, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_a_flipped_bit_is_refused_or_changes_nothing_but_for_the_end_of_a_card(
    tmp_path: Path, count: int
) -> None:
    data, rng = made(tmp_path), random.Random(5)
    whole = view(tmp_path)
    seen = []
    for _ in range(count):
        damaged = bytearray(data)
        damaged[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        seen.append(outcome(tmp_path, bytes(damaged), whole))
    refusals = {"store-corrupt", "refused later", "store-foreign", "store-newer"}
    assert set(seen) <= {"same", "silent"} | refusals
    assert seen.count("silent") <= 1 + count // 300  # a card's end has no sum; 3 in 100 before
    assert "store-corrupt" in seen
    assert seen.count("refused later") <= count / 50


def test_a_number_in_the_place_of_a_day_is_a_damaged_store(tmp_path: Path) -> None:
    """A flipped bit may change the type that SQLite noted for a value."""
    made(tmp_path)
    with closing(sqlite3.connect(tmp_path / "store.db")) as connection:
        connection.execute("UPDATE proposals SET closes_on = 20261030")
        connection.commit()
    store = open_store("sqlite:///store.db", folder=tmp_path, create=False)
    with pytest.raises(StoreError) as raised:
        open_proposals(store)
    store.close()
    assert raised.value.code == "store-corrupt"


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9])
def test_a_store_that_lost_its_end_is_refused(tmp_path: Path, share: float) -> None:
    data = made(tmp_path)
    whole = view(tmp_path)
    assert outcome(tmp_path, data[: int(len(data) * share)], whole) == "store-corrupt"


def test_a_page_of_noise_is_refused_or_changes_nothing(tmp_path: Path) -> None:
    data, rng = made(tmp_path), random.Random(7)
    whole = view(tmp_path)
    for page in range(len(data) // 4096):
        damaged = bytearray(data)
        damaged[page * 4096 : page * 4096 + 4096] = rng.randbytes(4096)
        assert outcome(tmp_path, bytes(damaged), whole) in ("same", "store-corrupt"), page
