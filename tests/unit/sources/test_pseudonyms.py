"""Pseudonyms equal each other exactly when the values do, and need the key."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sameboat.errors import WarehouseError
from sameboat.sources.pseudonyms import key_mark, key_of, pseudonyms

KEY, OTHER = b"k" * 32, b"o" * 32


@given(st.lists(st.none() | st.text(), max_size=40))
def test_equal_values_get_equal_pseudonyms_and_nothing_stays_nothing(
    values: list[str | None],
) -> None:
    found = pseudonyms(pa.array(values, pa.string()), key=KEY).to_pylist()
    assert len(found) == len(values)
    pairs = {(value, pseudonym) for value, pseudonym in zip(values, found, strict=True)}
    assert len(pairs) == len(set(values)) == len({pseudonym for _, pseudonym in pairs})
    assert all((value is None) == (pseudonym is None) for value, pseudonym in pairs)
    assert all(pseudonym is None or len(pseudonym) == 12 for _, pseudonym in pairs)


def test_pseudonyms_are_pinned_and_another_key_gives_others() -> None:
    """A change of the method would break every comparison with what was landed before."""
    values = pa.array(["u1", "u2"])
    found = pseudonyms(values, key=KEY).to_pylist()
    assert found == ["OK7B0kjQ9M3F", "_vHGXodUyZWA"]
    assert not set(found) & set(pseudonyms(values, key=OTHER).to_pylist())
    assert key_mark(KEY) != key_mark(OTHER)


def test_the_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    key = key_of(tmp_path)
    assert key == key_of(tmp_path)
    assert len(key) == 32
    path = tmp_path / ".sameboat" / "pseudonym.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {one.name for one in path.parent.iterdir()} == {".gitignore", "pseudonym.key"}


def test_processes_that_make_the_key_at_once_get_the_same_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: key_of(tmp_path), range(32)))) == 1


@pytest.mark.parametrize("text", ["", "abc", "zz" * 32, "ab" * 31, "\u00e9" * 64])
def test_a_spoilt_key_is_refused_and_left_as_it_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / ".sameboat" / "pseudonym.key"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WarehouseError) as caught:
        key_of(tmp_path)
    assert caught.value.code == "pseudonym-key"
    assert path.read_text(encoding="utf-8") == text
