"""A file comes into the data folder whole or not at all, without what is personal."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

import sameboat
from sameboat.actions import load as load_module
from sameboat.actions.load import load_file
from sameboat.errors import AccessError, RequestError, WarehouseError
from sameboat.project.declared import Project
from sameboat.project.model import Reading
from sameboat.project.viewer import OWNER_ACTOR, Actor

DECLARED = """\
format: 1
name: test
tables:
  deals:
    file: data/deals.parquet
    personal: [owner]
"""
CSV = "id,owner,amount\n1,Ann,1.5\n2,Bob,2.5\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "sameboat.yml").write_text(DECLARED, encoding="utf-8")
    return sameboat.open(str(folder)).project


@pytest.fixture
def deals(tmp_path: Path) -> Path:
    file = tmp_path / "deals.csv"
    file.write_text(CSV, encoding="utf-8")
    return file


def left_in(project: Project) -> set[str]:
    """Every file in the project but its own text, hidden ones too."""
    ours = {".gitignore"}
    files = (p for p in project.folder.rglob("*") if p.is_file() and p.name not in ours)
    return {path.relative_to(project.folder).as_posix() for path in files} - {"sameboat.yml"}


def test_a_personal_column_is_never_loaded(project: Project, deals: Path) -> None:
    """Neither the result nor anything beside it holds the column."""
    loaded = load_file(project, deals, actor=OWNER_ACTOR)
    assert (loaded.rows, loaded.columns, loaded.left_out) == (2, ("id", "amount"), ("owner",))
    table = pq.read_table(project.folder / "data" / "deals.parquet")
    assert table.to_pydict() == {"id": [1, 2], "amount": [1.5, 2.5]}
    assert left_in(project) == {"data/deals.parquet"}


def test_a_table_that_nobody_declared_keeps_its_columns(project: Project, deals: Path) -> None:
    """The name may be given, or is made from the file's."""
    assert load_file(project, deals, actor=OWNER_ACTOR, name="other").columns == (
        "id", "owner", "amount",
    )  # fmt: skip
    odd = deals.rename(deals.with_name("My Deals (2).csv"))
    assert load_file(project, odd, actor=OWNER_ACTOR).table == "my_deals_2"


def test_a_file_is_read_as_the_caller_says(project: Project, tmp_path: Path) -> None:
    file = tmp_path / "euro.csv"
    file.write_bytes("größe;betrag\nklein;1,5\n".encode("cp1252"))
    reading = Reading(encoding="cp1252", delimiter=";", decimal=",")
    loaded = load_file(project, file, actor=OWNER_ACTOR, reading=reading)
    assert pq.read_table(loaded.path).to_pydict() == {"größe": ["klein"], "betrag": [1.5]}


def test_loading_again_takes_the_new_rows(project: Project, deals: Path) -> None:
    load_file(project, deals, actor=OWNER_ACTOR)
    deals.write_text(CSV + "3,Cid,3.5\n", encoding="utf-8")
    assert load_file(project, deals, actor=OWNER_ACTOR).rows == 3
    assert left_in(project) == {"data/deals.parquet"}


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("deals.parquet", b"not parquet", "file-unreadable"),
        ("deals.xlsx", b"not a workbook", "file-unreadable"),
        ("deals.doc", b"x", "file-format"),
        ("deals.csv", None, "file-missing"),
    ],
)
def test_a_file_that_cannot_be_read_leaves_the_old_one(
    name: str, content: bytes | None, code: str, project: Project, deals: Path, tmp_path: Path
) -> None:
    load_file(project, deals, actor=OWNER_ACTOR)
    deals.unlink()
    bad = tmp_path / name
    if content is not None:
        bad.write_bytes(content)
    with pytest.raises(WarehouseError) as caught:
        load_file(project, bad, actor=OWNER_ACTOR)
    assert caught.value.code == code
    assert pq.read_metadata(project.folder / "data" / "deals.parquet").num_rows == 2
    assert left_in(project) == {"data/deals.parquet"}


def test_a_disk_that_fills_up_leaves_the_old_file(
    project: Project, deals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_file(project, deals, actor=OWNER_ACTOR)

    def full(source: Path, own: Path) -> None:
        own.write_bytes(b"PAR1 half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(load_module, "_copied", full)
    with pytest.raises(WarehouseError) as caught:
        load_file(project, deals, actor=OWNER_ACTOR)
    assert caught.value.code == "disk-full"
    assert pq.read_metadata(project.folder / "data" / "deals.parquet").num_rows == 2
    assert left_in(project) == {"data/deals.parquet"}


def test_a_project_that_cannot_be_written_to_is_told_so(project: Project, deals: Path) -> None:
    """A file stands where the program's own folder belongs."""
    (project.folder / ".sameboat").write_text("", encoding="utf-8")
    with pytest.raises(WarehouseError):
        load_file(project, deals, actor=OWNER_ACTOR)
    assert left_in(project) == {".sameboat"}


@pytest.mark.parametrize("name", ["../deals", "Deals", "a__b", "", "data/x"])
def test_a_name_that_no_table_can_have_is_refused(name: str, project: Project, deals: Path) -> None:
    with pytest.raises(RequestError):
        load_file(project, deals, actor=OWNER_ACTOR, name=name)
    assert left_in(project) == set()


def test_who_may_not_load_is_refused(project: Project, deals: Path) -> None:
    with pytest.raises(AccessError):
        load_file(project, deals, actor=Actor("guest", frozenset({"viewer"})))
    assert left_in(project) == set()
