"""Broken documents of other formats: a reason, never a traceback, and what is left is valid."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sameboat.errors import Finding, ProjectError
from sameboat.project.formats import cube
from sameboat.project.formats.dbt.pieces import pieces
from sameboat.project.formats.dbt.read import translated
from sameboat.project.formats.ossie.read import imported as from_ossie
from sameboat.project.formats.raw import joined
from sameboat.project.load import examine
from sameboat.project.reading import read
from tests.unit.project.formats import test_cube, test_dbt_spellings, test_ossie

JUNK = st.sampled_from(
    [None, True, 0, -1, 1.5, "", "x", "a b", "{{ Dimension('x') }}", "select", "(", "💥", [], {},
     [None], ["x"], {"name": None}, {"name": "x"}, {"x": []}]
)  # fmt: skip


def value(text: str) -> Any:
    """The first document of a text."""
    return read(text.encode(), "x.yml")[0].value


def places(found: Any) -> Iterator[tuple[Any, Any]]:
    """Every container of a document with one of its keys."""
    keys = found.keys() if isinstance(found, dict) else range(len(found))
    for key in list(keys):
        yield found, key
        if isinstance(found[key], (dict, list)):
            yield from places(found[key])


@st.composite
def broken(draw: st.DrawFn, text: str) -> bytes:
    """A document with up to three of its values exchanged or gone."""
    found = copy.deepcopy(value(text))
    for _ in range(draw(st.integers(1, 3))):
        options = list(places(found))
        if not options:
            break
        home, key = options[draw(st.integers(0, len(options) - 1))]
        if draw(st.booleans()) and isinstance(home, dict):
            del home[key]
        else:
            home[key] = copy.deepcopy(draw(JUNK))
    return json.dumps(found).encode()


def errors_of(read_it: Callable[[], list[Finding]]) -> set[str]:
    """The codes of what is told, or of the error that refuses the whole document."""
    try:
        return {found.code for found in read_it()}
    except ProjectError as error:
        return {found.code for found in error.findings}


@given(st.data())
@settings(max_examples=100, deadline=None)
@pytest.mark.parametrize(
    "text", [test_dbt_spellings.LEGACY, test_dbt_spellings.LATEST, test_dbt_spellings.manifest()]
)
def test_broken_dbt_files_lose_objects_only(text: str, data: st.DataObject) -> None:
    """Whatever is wrong is a notice of the object that it stands in."""
    found = translated(pieces(read(joined(data.draw(broken(text))), "x.yml")))
    assert all(told.severity == "notice" for told in found.notices)
    assert {told.code for told in found.errors} <= {"duplicate-name"}


@given(broken(test_dbt_spellings.LEGACY))
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_folder_of_broken_dbt_files_is_examined(tmp_path: Path, data: bytes) -> None:
    """As far as the loader: what it makes of the objects fits our own format."""
    (tmp_path / "semantic_manifest.json").write_bytes(data)
    told = errors_of(lambda: list(examine(tmp_path).errors))
    assert told <= {"no-project", "duplicate-name"}


@given(broken(test_ossie.FLAT))
@settings(max_examples=100, deadline=None)
def test_broken_ossie_documents_lose_objects_only(data: bytes) -> None:
    told = errors_of(lambda: list(from_ossie(data, "x.json").notices))
    assert told <= {"not-ossie", "object-skipped", "format-version", "illegal-name", "wrong-type"}


@given(broken(test_cube.MODEL))
@settings(max_examples=100, deadline=None)
def test_broken_cube_models_lose_objects_only(data: bytes) -> None:
    told = errors_of(lambda: list(cube.imported({"x.json": data}).notices))
    assert told <= {"not-cube", "object-skipped"}
