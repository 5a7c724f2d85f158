"""A first project is written whole or not at all, loads, and overwrites nothing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pytest

import sameboat
from sameboat.actions import start as start_module
from sameboat.actions.start import Started, start
from sameboat.errors import AccessError, Finding, ProjectError, UsageError, WarehouseError
from sameboat.project.viewer import OWNER, OWNER_ACTOR, Actor
from sameboat.questions.checking import check_with_data

TODAY = dt.date(2026, 2, 1)
CUSTOMERS = "customer_id,first_name,email,region\n" + "".join(
    f"{i},Ann,a{i}@x.org,R{i % 2}\n" for i in range(30)
)
ORDERS = "order_id,customer_id,ordered_on,status,amount,currency\n" + "".join(
    f"{i},{i % 30},2026-01-{i % 28 + 1:02d},{['paid', 'cancelled', 'open'][i % 3]},{i}.5,eur\n"
    for i in range(90)
)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "exports"
    folder.mkdir()
    for name, text in (("customers.csv", CUSTOMERS), ("orders.csv", ORDERS)):
        (folder / name).write_text(text, encoding="utf-8")
    return sorted(folder.iterdir())


def started(folder: Path, files: list[Path], *, copy: bool = False) -> Started:
    return start(folder, files, actor=OWNER_ACTOR, today=TODAY, copy=copy)


def findings(folder: Path) -> tuple[Finding, ...]:
    """What check says of the project, judged on the day that init offers: the newest row's."""
    root = folder / "sameboat.yml"
    text = root.read_text(encoding="utf-8")
    assert "# as_of: 2026-01-29T00:00:00Z\n" in text
    root.write_text(text.replace("# as_of: ", "as_of: "), encoding="utf-8")
    return check_with_data(folder, viewer=OWNER)


def test_what_is_written_passes_check_and_every_metric_answers(
    tmp_path: Path, files: list[Path]
) -> None:
    """Without a finding about the project, and with the figures of hand-written SQL."""
    made = started(tmp_path / "shop", files)
    assert findings(tmp_path / "shop") == ()
    project = sameboat.open(str(tmp_path / "shop"))
    try:
        for metric in made.look.metrics:
            assert project.query([metric.name]).num_rows == 1
        rows = project.query(
            ["orders", "order_amount", "paid_share_of_orders", "customers_with_orders"]
        ).to_pylist()
    finally:
        project.close()
    assert rows == [
        {
            "orders": 90,
            "order_amount": pytest.approx(sum(i + 0.5 for i in range(90))),
            "paid_share_of_orders": pytest.approx(0.5),  # of paid and cancelled ones
            "customers_with_orders": 30,
        }
    ]


def test_personal_columns_are_nowhere_in_the_project(tmp_path: Path, files: list[Path]) -> None:
    """Named as left out, and neither selectable nor in any copy; values are in no comment."""
    started(tmp_path / "shop", files)
    project = sameboat.open(str(tmp_path / "shop"))
    try:
        assert set(project.warehouse.columns("customers")) == {"customer_id", "region"}
        assert project.warehouse.pseudonymous("orders") == {"customer_id"}
    finally:
        project.close()
    kept = (path for path in (tmp_path / "shop").rglob("*") if path.is_file())
    assert not any(b"@x.org" in path.read_bytes() for path in kept)


def test_files_are_named_by_their_path_from_the_project(tmp_path: Path, files: list[Path]) -> None:
    """So that both can be moved together; no path of this machine is written."""
    started(tmp_path / "shop", files)
    text = (tmp_path / "shop" / "tables.yml").read_text(encoding="utf-8")
    assert "file: ../exports/orders.csv" in text
    assert str(tmp_path) not in text


def test_copies_stand_in_the_data_folder(tmp_path: Path, files: list[Path]) -> None:
    """Two files of one name get two places; the project then stands alone."""
    other = tmp_path / "more" / "orders.csv"
    other.parent.mkdir()
    other.write_text("return_id,day\n1,2026-01-01\n2,2026-01-02\n3,2026-01-03\n", encoding="utf-8")
    made = started(tmp_path / "shop", [*files, other], copy=True)
    assert sorted(path.name for path in made.copied) == [
        "2-orders.csv", "customers.csv", "orders.csv",
    ]  # fmt: skip
    for path in [*files, other]:
        path.unlink()
    assert not any(f.severity == "error" for f in check_with_data(made.folder, viewer=OWNER))


def test_tables_of_a_duckdb_file(tmp_path: Path) -> None:
    """Are relations of the project's warehouse, found from wherever the project stands."""
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute("CREATE TABLE t AS FROM (VALUES (1)) s(i)")
        connection.execute(
            "CREATE TABLE orders AS SELECT i AS order_id, DATE '2026-01-01' + i::INT AS day,"
            " i * 1.5 AS amount FROM range(20) s(i)"
        )
    made = started(tmp_path / "p" / "q", [tmp_path / "shop.duckdb"])
    assert {table.name: table.source.relation for table in made.look.tables} == {
        "orders": "main.orders", "t": "main.t",
    }  # fmt: skip
    project = sameboat.open(str(tmp_path / "p" / "q"))
    try:
        assert project.query(["order_amount"]).to_pylist() == [{"order_amount": 285.0}]
    finally:
        project.close()


@pytest.mark.parametrize("name", ["sameboat.yml", "tables.yml", "metrics.yml"])
def test_nothing_is_overwritten(tmp_path: Path, files: list[Path], name: str) -> None:
    (tmp_path / name).write_text("format: 1\n", encoding="utf-8")
    with pytest.raises(ProjectError) as raised:
        started(tmp_path, files)
    assert raised.value.code == "project-exists"
    assert (tmp_path / name).read_text(encoding="utf-8") == "format: 1\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["exports", name])


def test_a_write_that_fails_leaves_nothing(
    tmp_path: Path, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder is as it was, copies included, and a second try can succeed."""

    def full(own: Path, text: str) -> None:
        if "metrics:" in text:
            raise OSError(28, "No space left on device")
        own.write_text(text, encoding="utf-8")

    monkeypatch.setattr(start_module, "_text", full)
    with pytest.raises(WarehouseError) as raised:
        started(tmp_path / "shop", files, copy=True)
    assert raised.value.code == "disk-full"
    assert [path for path in (tmp_path / "shop").rglob("*") if path.is_file()] == []


def test_only_who_may_start_a_project_does(tmp_path: Path, files: list[Path]) -> None:
    with pytest.raises(AccessError):
        start(tmp_path / "shop", files, actor=Actor("guest"), today=TODAY)
    assert not (tmp_path / "shop").exists()


def test_a_file_is_no_folder(tmp_path: Path, files: list[Path]) -> None:
    with pytest.raises(UsageError, match="is a file"):
        started(files[0], files)


def test_names_that_yaml_would_misread_survive(tmp_path: Path) -> None:
    """Columns and files called like keywords, numbers, or with quotes and hashes in them."""
    file = tmp_path / "a #1: it's [odd].csv"
    file.write_text(
        'order id,yes,"say ""hi""",2024,case,Date\n'
        + "".join(
            f"{i},a{i % 2},b{i % 3},c{i % 2},d{i % 2},2026-01-{i % 28 + 1:02d}\n" for i in range(40)
        ),
        encoding="utf-8",
    )
    made = started(tmp_path / "odd", [file])
    assert findings(tmp_path / "odd") == ()
    columns = {dimension.column for dimension in made.look.tables[0].dimensions}
    assert columns == {"yes", 'say "hi"', "2024", "case", "Date"}
    project = sameboat.open(str(tmp_path / "odd"))
    try:
        for dimension in made.look.tables[0].dimensions:
            name = dimension.name + ("__month" if dimension.grain else "")
            assert project.query([made.look.metrics[0].name], group_by=[name]).num_rows > 0
    finally:
        project.close()


def test_the_example_names_other_metrics_as_levers(tmp_path: Path, files: list[Path]) -> None:
    """With the # taken away, check does not say that a KPI is its own lever."""
    started(tmp_path / "shop", files)
    root = tmp_path / "shop" / "sameboat.yml"
    lines = root.read_text(encoding="utf-8").splitlines()
    example = range(lines.index("# teams: {sales: {}, support: {}}"), len(lines))
    until = next(at for at in example if not lines[at].strip())
    taken = [line[2:] if at in example and at < until else line for at, line in enumerate(lines)]
    root.write_text("\n".join(taken) + "\n", encoding="utf-8")
    told = {finding.code for finding in check_with_data(tmp_path / "shop", viewer=OWNER)}
    assert "kpi-incomplete" in told
    assert "lever-not-input" not in told
