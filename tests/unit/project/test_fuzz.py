"""Whatever stands in the files, the answer is a project or an error that says where."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sameboat.errors import Finding, ProjectError
from sameboat.project.check import check, check_folder
from sameboat.project.declared import SECTIONS, build
from sameboat.project.load import examine
from sameboat.project.model import Root
from sameboat.project.structure import keys

PIECES = st.sampled_from(
    [
        "a", "b: ", "- ", "? ", ": ", "{", "}", "[", "]", ", ", "&x ", "*x", "!t ", "'", '"', "|\n",
        ">\n", "\n", "  ", "\t", "#", "%", "@", "~", "1e9", "0x" + "f" * 90, "---\n", "...\n",
        "<<: ", "teams: ", "metrics: ", "kpis: ", "tables: ", "type: simple", "name: x\n", "\x00",
        "é", "🛶", "\u2028", "\r\n", "\x85", "\ufeff", "drivers: ", "access: ", "-.inf",
        "expr: a / b\n",
    ]
)  # fmt: skip
"""Pieces of YAML that hurt when put together."""

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["won", "a / b", "28 days", "15%", "2026-02-01", "month", "x__y", "9" * 400])
    | st.integers(min_value=10**400, max_value=10**401),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.text(max_size=6) | st.sampled_from(["metric", "name", "from"]), below, max_size=3
        )
    ),
    max_leaves=6,
)
"""Plain values of any shape."""


def judged(files: dict[str, bytes]) -> tuple[Finding, ...]:
    """What check says of a folder with these files; only a ProjectError may be raised."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, data in files.items():
            (folder / file).write_bytes(data)
        try:
            examine(folder)
            return check_folder(folder)
        except ProjectError as error:
            return error.findings


def pointing(findings: tuple[Finding, ...], files: dict[str, bytes]) -> None:
    """Every place lies in one of the files, within its lines."""
    for finding in findings:
        assert str(finding)
        if finding.where and finding.where.file in files:
            lines = len(
                re.split(rb"\r\n|[\n\r]|\xc2\x85|\xe2\x80[\xa8\xa9]", files[finding.where.file])
            )
            assert 1 <= finding.where.line <= lines + 1
            assert finding.where.column >= 1


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_any_bytes(data: bytes) -> None:
    """Random bytes in place of both files."""
    files = {"sameboat.yml": data, "a.yml": b"teams: {}\n" + data}
    pointing(judged(files), files)


@given(st.lists(PIECES, max_size=40).map("".join))
@settings(deadline=None, max_examples=150)
def test_any_pieces_of_yaml(text: str) -> None:
    """Pieces of YAML in any order, which the parser gets further with than with bytes."""
    files = {"sameboat.yml": text.encode(), "a.yml": f"teams: {{}}\nmetrics: {text}".encode()}
    pointing(judged(files), files)


@given(st.dictionaries(st.sampled_from([*SECTIONS, "zzz"]), VALUES, max_size=3), VALUES)
@settings(deadline=None, max_examples=150)
def test_any_plain_values_in_place_of_sections(sections: dict[str, object], root: object) -> None:
    """Values of any shape, as a program that builds a project might hand them in."""
    project, findings = build(dict.fromkeys(list(keys(Root))[:3], root), sections, folder=Path())
    assert all(str(finding) for finding in findings)
    assert re.fullmatch("[0-9a-f]{64}", project.digest)
    assert all(str(finding) for finding in check(project))


@given(data=st.data())
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_example_with_pieces_exchanged(data: st.DataObject, example: bytes) -> None:
    """The whole format with some of its words put in each other's places."""
    words = re.split(r"(\s+|[{}\[\],:])", example.decode())
    spots = [at for at, word in enumerate(words) if word.strip()]
    for _ in range(data.draw(st.integers(1, 4), label="changes")):
        at = data.draw(st.sampled_from(spots), label="at")
        other = data.draw(PIECES | st.sampled_from(spots).map(words.__getitem__), label="piece")
        words[at] = other
    files = {"sameboat.yml": "".join(words).encode()}
    pointing(judged(files), files)


@given(st.integers(0, 20_000))
@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_example_cut_off_anywhere(example: bytes, length: int) -> None:
    """As after a full disk or an interrupted download."""
    files = {"sameboat.yml": example[:length]}
    pointing(judged(files), files)
