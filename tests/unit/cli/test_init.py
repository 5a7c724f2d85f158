"""`sameboat init` says what it found and what comes next."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sameboat.cli import run

ORDERS = "order_id,owner_email,day,status,amount\n" + "".join(
    f"{i},a{i}@x.org,2026-01-{i % 28 + 1:02d},{['won', 'lost'][i % 2]},{i}.5\n" for i in range(60)
)


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    return tmp_path / "orders.csv"


def test_it_tells_what_it_found_and_three_commands(
    tmp_path: Path, orders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Several files stand after one --from; one that cannot be read is no failure."""
    shop = tmp_path / "shop"
    assert run(["init", str(shop), "--from", str(orders), str(tmp_path / "empty.csv")]) == 0
    said = capsys.readouterr().out
    assert "orders: 60 rows, key order_id, time day" in said
    assert "orders: owner_email" in said
    assert "empty.csv is an empty file" in said
    assert "Net promoter score (nps) - missing: answers to the recommendation question" in said
    after = said.split("\nNext\n")[1].splitlines()
    assert len(after) == 3
    assert "sameboat check" in after[0]
    assert "sameboat query won_share_of_orders --by metric_time__month" in after[1]


def test_programs_get_the_same_as_json(
    tmp_path: Path, orders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", str(tmp_path / "shop"), "--from", str(orders), "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [table["name"] for table in said["tables"]] == ["orders"]
    assert said["tables"][0]["personal"] == ["owner_email"]
    assert "won_share_of_orders" in said["metrics"]
    assert {kpi["state"] for kpi in said["kpis"]} <= {"written", "possible", "missing"}


def test_a_second_call_refuses(
    tmp_path: Path, orders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["init", str(tmp_path / "shop"), "--from", str(orders)]
    assert run(arguments) == 0
    assert run(arguments) == 1
    assert "project-exists" in capsys.readouterr().err


def test_files_must_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", str(tmp_path / "shop")]) == 2
    assert "--from" in capsys.readouterr().err


def test_the_example_of_a_kpi_works_when_its_hashes_are_taken_away(
    tmp_path: Path, orders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From init to a KPI on the board without writing anything new."""
    shop = tmp_path / "shop"
    assert run(["init", str(shop), "--from", str(orders)]) == 0
    text = (shop / "sameboat.yml").read_text(encoding="utf-8")
    example = text[text.index("# teams:") : text.index("\n# KPIs that")]
    awake = "\n".join(line.removeprefix("# ") for line in example.splitlines())
    (shop / "sameboat.yml").write_text(text.replace(example, awake), encoding="utf-8")
    assert run(["check", "--project", str(shop), "--fail-on", "error"]) == 0
    assert run(["refresh", "--project", str(shop)]) == 0
    capsys.readouterr()
    assert run(["board", "--project", str(shop)]) == 0
    assert "Won share of orders" in capsys.readouterr().out
