"""What is accepted but does nothing yet is told, once for each key, with its place."""

from __future__ import annotations

import pytest

from sameboat.project import unbuilt
from sameboat.project.declared import NAMED, SECTIONS, Project
from sameboat.project.model import Root
from sameboat.project.unbuilt import KEYS
from sameboat.project.unbuilt import SECTIONS as LATER


def told(**sections: object) -> list[str]:
    """The notices of a project."""
    return [notice.message for notice in Project.from_mappings(**sections).notices]


def test_a_key_without_its_feature_is_told_once() -> None:
    """Two tables with rollups are one notice: the feature is what is missing."""
    table = {"file": "x.csv", "rollups": [{"grain": "day"}]}
    assert told(tables={"a": table, "b": table}) == [
        "'tables.rollups' is read but not computed yet"
    ]


def test_a_key_inside_another_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an object only what is not used is told."""
    monkeypatch.setattr(unbuilt, "KEYS", (*KEYS, "kpis.target.metric"))
    kpi = {"metric": "a", "target": {"metric": "b"}}
    assert told(kpis={"a": kpi}) == ["'kpis.target.metric' is read but not computed yet"]
    assert told(kpis={"a": {"metric": "a", "target": {"to": 1}}}) == []


def test_a_key_of_the_root_is_told_only_where_it_is_written() -> None:
    """A default is nobody's wish."""
    assert told() == []
    assert told(root={"dialect": "spark"}) == ["'dialect' is read but not computed yet"]


def test_a_key_is_found_by_its_spelling_in_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """`from` is a word of Python, and still a key."""
    monkeypatch.setattr("sameboat.project.unbuilt.KEYS", ("calendar.time_spine.from",))
    spine = {"from": "2026-01-01"}
    found = told(root={"calendar": {"time_spine": spine}})
    assert found == ["'calendar.time_spine.from' is read but not computed yet"]


def test_the_list_names_only_what_there_is() -> None:
    """A renamed key would otherwise be told no more."""
    assert [section for section in LATER if section not in SECTIONS] == []
    heads = {key.partition(".")[0] for key in KEYS}
    assert heads <= set(NAMED) | set(Root.model_fields)
