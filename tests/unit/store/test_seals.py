"""A record is what was written, or it is refused."""

from __future__ import annotations

import json

import pytest

from sameboat.errors import StoreError
from sameboat.store.seals import plain_text, sealed, unsealed, without_seal

CARD = {"value": 1234.5, "words": "Zoë’s table", "none": None}


def test_a_sealed_record_comes_back_as_it_was() -> None:
    assert unsealed("nrr 3", sealed("nrr 3", CARD), at="The store") == CARD
    assert without_seal(sealed("nrr 3", CARD)) == plain_text(CARD)


@pytest.mark.parametrize(
    "text",
    [
        sealed("nrr 3", CARD).replace("1234.5", "1334.5"),
        sealed("nrr 3", CARD).replace("words", "wordt"),
        sealed("nrr 4", CARD),
        sealed("nrr 3", CARD)[:-4],
        "[1]",
        "12",
    ],
    ids=["another value", "another key", "of another run", "cut off", "a list", "a number"],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(StoreError) as raised:
        unsealed("nrr 3", text, at="The store")
    assert raised.value.code == "store-corrupt"


def test_a_record_of_an_older_version_is_taken_without_a_seal() -> None:
    assert unsealed("nrr 3", json.dumps(CARD), at="The store") == CARD
