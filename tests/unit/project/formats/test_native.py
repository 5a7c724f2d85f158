"""Projects written in our own format."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sameboat.project.declared import Project
from sameboat.project.formats.native import MODELINE, files, text
from sameboat.project.load import load
from sameboat.project.reading import read

NOT_DECLARED = {"folder", "places", "notices"}
"""What a project knows besides what is declared."""

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]) | st.just("\n")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc_", min_size=1), inner),
    max_leaves=12,
)


def written(project: Project, at: Path) -> Project:
    """The project as it is read back from its own files."""
    at.mkdir(exist_ok=True)
    for name, content in files(project).items():
        (at / name).write_text(content, encoding="utf-8")
    return load(at)


def assert_equal(one: Project, other: Project) -> None:
    """Everything that is declared is the same."""
    for field in fields(Project):
        if field.name not in NOT_DECLARED:
            assert getattr(one, field.name) == getattr(other, field.name), field.name
    assert one.digest == other.digest


def test_every_key_of_the_format_survives(tmp_path: Path, example: bytes) -> None:
    """The file that shows every key once, written and read again."""
    (tmp_path / "sameboat.yml").write_bytes(example)
    project = load(tmp_path)
    assert_equal(written(project, tmp_path / "again"), project)


def test_the_demo_company_survives(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[4]
    project = load(root / "src" / "sameboat" / "demo" / "harbourline")
    assert_equal(written(project, tmp_path), project)


def test_what_came_from_dbt_survives(tmp_path: Path, shared: Path) -> None:
    """Custom grains, filters in dbt's words, null rules and all."""
    folder = shared / "conformance" / "models" / "SIMPLE_MODEL"
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    project = load(folder)
    assert_equal(written(project, tmp_path), project)


@given(values)
def test_any_value_is_read_back_as_it_was(value: object) -> None:
    """Numbers, dates as text, words of older YAML, quotes, colons, lines: by our own reader."""
    (document,) = read(text({"x": value}).encode(), "x.yml")
    assert document.findings == ()
    assert document.value == {"x": value}


@pytest.mark.parametrize("word", ["on", "NO", "9:30", "010", "0o14", "1e6", "~", "null", "-", "#"])
def test_words_that_look_like_something_else_stay_text(word: str) -> None:
    (document,) = read(text({"x": word}).encode(), "x.yml")
    assert document.value == {"x": word}


def test_every_file_begins_with_the_modeline_of_editors(example: bytes, tmp_path: Path) -> None:
    (tmp_path / "sameboat.yml").write_bytes(example)
    assert all(content.startswith(MODELINE) for content in files(load(tmp_path)).values())


def test_it_is_written_as_people_write_it() -> None:
    """Small things in one line, single texts without a list, days and spans without quotes."""
    project = Project.from_mappings(
        {"name": "acme"},
        tables={
            "deals": {
                "file": "deals.csv",
                "entities": {"deal": {"type": "primary", "expr": "id"}},
                "dimensions": {"stage": {}},
            }
        },
        metrics={
            "won": {"type": "simple", "table": "deals", "agg": "count", "filter": "stage = 'Won'"},
            "won_28d": {"type": "cumulative", "metric": "won", "window": "28 days"},
        },
        events={"launch": {"from": "2026-02-01"}},
    )
    assert {name: content.removeprefix(MODELINE) for name, content in files(project).items()} == {
        "sameboat.yml": "name: acme\n",
        "tables.yml": (
            "tables:\n"
            "  deals:\n"
            "    file: deals.csv\n"
            "    entities: {deal: {type: primary, expr: id}}\n"
            "    dimensions: {stage: {}}\n"
        ),
        "metrics.yml": (
            "metrics:\n"
            "  won: {type: simple, table: deals, filter: \"stage = 'Won'\", agg: count}\n"
            "  won_28d: {type: cumulative, metric: won, window: 28 days}\n"
        ),
        "events.yml": "events:\n  launch: {from: 2026-02-01}\n",
    }
