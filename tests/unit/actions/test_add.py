"""A KPI of a template over small tables: its worked numbers, and what is refused."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import sameboat
from sameboat.actions.add import Added, Wished, add
from sameboat.errors import AccessError, ProjectError, RequestError, SameboatError, WarehouseError
from sameboat.project.catalogue.read import template, templates
from sameboat.project.catalogue.shapes import Variant, WantedTable
from sameboat.project.formats.native import text
from sameboat.project.viewer import OWNER, OWNER_ACTOR, Actor
from sameboat.questions.checking import check_with_data

TODAY = dt.date(2027, 3, 1)

BY_HAND: Mapping[tuple[str, str], Mapping[str, float]] = {
    ("conversion", "cohort"): {"2026-01": 1 / 4, "2026-02": 1 / 1},
    ("nrr", "twelve_months"): {"2026-01": (200_000 - 6_000 - 4_000 + 20_000) / 200_000},
    ("nrr", "monthly"): {"2026-02": (1000 - 60 + 30) / 1000},
    ("nrr", "gross"): {"2026-01": (200_000 - 6_000 - 4_000) / 200_000},
    ("retention", "contracts"): {"2026-01": 1 - 1 / 4},
    ("retention", "activity"): {"2026-04": 1 / 3},
    ("nps", "once"): {"2026-01": 100 * (60 - 10) / 100},
    ("nps", "every_answer"): {"2026-01": 100 * (60 - 10) / 100},
    ("loyalty", "second_purchase"): {"2026-01": 2 / 4},
    ("product_adoption", "accounts"): {"2026-01": 2 / 4},
    ("advocate_growth", "active"): {"2026-04": 25 / 20 - 1},
    ("cross_team_success", "counted"): {"2026-01": 2 / 4},
    ("cross_team_success", "members"): {"2026-01": 1 / 2},
    ("innovation_index", "joint_ideas"): {
        "2026-01": 100,
        "2026-02": 100 * (0.4 * (3 / 4) / (2 / 4) + 0.3 * (3 / 3) / (1 / 2) + 0.3 * 20 / 10),
    },
    ("innovation_index", "ideas"): {
        "2026-01": 100,
        "2026-02": 100 * (0.6 * (2 / 2) / (1 / 2) + 0.4 * 20 / 5),
    },
    ("time_to_market", "released"): {"2026-02": 40},
    ("satisfaction_improvement", "year"): {"2026-01": 35 / 50 - 24 / 40},
    ("satisfaction_improvement", "quarter"): {"2026-01": 35 / 50 - 24 / 40},
    ("resource_sharing", "people"): {"2026-01": (30 + 30) / (30 + 30 + 20 + 20)},
    ("resource_sharing", "money"): {"2026-01": (500 + 1500) / 4000},
}
"""Each worked example again, by arithmetic written here."""


def expanded(rows: tuple[Mapping[str, Any], ...], keys: set[str]) -> list[dict[str, Any]]:
    """The rows of an example, those with `times` repeated with keys of their own."""
    found: list[dict[str, Any]] = []
    for row in rows:
        plain = {key: value for key, value in row.items() if key != "times"}
        for copy in range(row.get("times", 1)):
            own = {key: f"{plain[key]}{copy}" for key in keys & plain.keys()}
            found.append({**plain, **own} if "times" in row else plain)
    return found


def company(folder: Path, variant: Variant, *, renamed: bool = False) -> dict[str, str]:
    """A project over an example's tables; `renamed` calls every column something odd."""
    (folder / "data").mkdir(parents=True)
    called: dict[str, str] = {}
    declared: dict[str, Any] = {}
    for at, (role, rows) in enumerate(variant.worked.tables.items()):
        wanted = variant.tables[role]
        keys = {name for name, column in wanted.columns.items() if column.type == "key"}
        names = {name: f"x {n} {name[0]}" if renamed else name
                 for n, name in enumerate(variant.columns)}  # fmt: skip
        called |= names
        with (folder / "data" / f"t{at}.csv").open("w", newline="") as file:
            out = csv.writer(file)
            out.writerow(["row_id", *(names[name] for name in wanted.columns)])
            for number, row in enumerate(expanded(rows, keys)):
                values = [row.get(name) for name in wanted.columns]
                out.writerow([number, *("" if value is None else value for value in values)])
        table = f"odd_{at}" if renamed else role
        called[role] = table
        declared[table] = declaration(f"data/t{at}.csv", wanted, names, table)
    root = {
        "format": 1,
        "name": "worked",
        "mission": "Every figure is right.",
        "as_of": "2027-03-01T00:00:00Z",
        "privacy": {"minimum_group": 5},
    }
    (folder / "sameboat.yml").write_text(text(root))
    (folder / "tables.yml").write_text(text({"tables": declared}))
    return called


def declaration(
    file: str, wanted: WantedTable, names: Mapping[str, str], table: str
) -> dict[str, Any]:
    """How a project would declare a table of an example."""
    columns = wanted.columns
    times = [name for name, column in columns.items() if column.type == "time"]

    def expr(name: str) -> str:
        return f'"{names[name]}"' if " " in names[name] else names[name]

    def dimension(name: str) -> str:
        return f"{table}_{name}"

    entities: dict[str, Any] = {f"{table}_row": {"type": "primary", "expr": "row_id"}}
    for name, column in columns.items():
        if column.type == "key":
            entities[f"{name}_key"] = {"type": "foreign", "expr": expr(name)}
    return {
        "file": file,
        "subject": "none",
        **({"time": dimension(times[0])} if times else {}),
        "entities": entities,
        "dimensions": {
            dimension(name): {"type": "time", "grain": "day", "expr": expr(name)} for name in times
        },
    }


def put(folder: Path, name: str, wished: Wished | None = None, **more: Any) -> Added:
    workspace = sameboat.open(folder)
    try:
        return add(workspace, name, actor=OWNER_ACTOR, wished=wished, today=TODAY, **more)
    finally:
        workspace.close()


def figures(folder: Path, metric: str, grain: str) -> dict[str, float | None]:
    workspace = sameboat.open(folder)
    try:
        rows = workspace.query([metric], group_by=[f"metric_time__{grain}"]).to_pylist()
    finally:
        workspace.close()
    return {str(row[f"metric_time__{grain}"])[:7]: row[metric] for row in rows}


def wish(variant: str, shape: Variant, called: Mapping[str, str]) -> Wished:
    return Wished(
        variant=variant,
        tables={role: called[role] for role in shape.tables},
        columns={name: called[name] for name in shape.columns},
    )


EVERY = [(name, variant) for name, one in templates().items() for variant in one.variants]


@pytest.mark.parametrize(("name", "variant"), EVERY)
def test_the_worked_numbers_of_a_template_are_what_the_engine_computes(
    name: str, variant: str, tmp_path: Path
) -> None:
    """What the template says, what the arithmetic here says, what the engine says: one figure."""
    shape = template(name).variants[variant]
    called = company(tmp_path, shape)
    added = put(tmp_path, name, wish(variant, shape, called))
    got = figures(tmp_path, name, shape.worked.grain)
    by_hand = BY_HAND[name, variant]
    assert shape.worked.figures.keys() == by_hand.keys()
    for period, value in by_hand.items():
        assert shape.worked.figures[period] == pytest.approx(value)
        assert got[period] == pytest.approx(value)
    assert added.written is not None


@pytest.mark.parametrize(("name", "variant"), EVERY)
def test_odd_names_give_the_same_figures_when_they_are_said(
    name: str, variant: str, tmp_path: Path
) -> None:
    shape = template(name).variants[variant]
    called = company(tmp_path, shape, renamed=True)
    with pytest.raises(WarehouseError, match="template-needs-data"):
        put(tmp_path, name, Wished(variant=variant))
    put(tmp_path, name, wish(variant, shape, called))
    got = figures(tmp_path, name, shape.worked.grain)
    for period, value in BY_HAND[name, variant].items():
        assert got[period] == pytest.approx(value)


# ── what is refused, and that nothing is written then ────────────────────────────────────────


def billing(folder: Path) -> Path:
    """A project with one table that feeds net revenue retention."""
    shape = template("nrr").variants["twelve_months"]
    company(folder, shape)
    return folder


NRR = Wished(tables={"subscriptions": "subscriptions"}, columns={"amount": "amount"})


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.yml"))


def refused(folder: Path, name: str, wished: Wished, error: type[SameboatError]) -> SameboatError:
    """The error of a call that must write nothing."""
    before = files(folder)
    with pytest.raises(error) as raised:
        put(folder, name, wished)
    assert files(folder) == before
    return raised.value


def test_a_template_that_is_not_there_offers_the_nearest(tmp_path: Path) -> None:
    error = refused(billing(tmp_path), "nrrr", Wished(), RequestError)
    assert error.code == "unknown-template"
    assert "Did you mean 'nrr'?" in str(error)


def test_other_names_lead_to_the_template(tmp_path: Path) -> None:
    """People say it as they know it."""
    assert template("Net revenue retention").name == "nrr"
    assert template("repeat purchase rate").name == "loyalty"
    assert template("Time-to-Market").name == "time_to_market"


@pytest.mark.parametrize(
    "wished",
    [
        Wished(variant="yearly"),
        Wished(tables={"subscription": "subscriptions"}),
        Wished(columns={"amont": "amount"}),
    ],
)
def test_parts_that_the_template_does_not_have_are_refused(wished: Wished, tmp_path: Path) -> None:
    assert refused(billing(tmp_path), "nrr", wished, RequestError).code == "unknown-template-part"


def test_missing_data_are_named_with_how_to_get_them(tmp_path: Path) -> None:
    error = refused(billing(tmp_path), "nps", Wished(), WarehouseError)
    assert error.code == "template-needs-data"
    assert "an answer from 0 to 10" in str(error)
    assert "Export the survey" in str(error)


def test_two_columns_that_fit_equally_are_asked_not_guessed(tmp_path: Path) -> None:
    billing(tmp_path)
    data = tmp_path / "data" / "t0.csv"
    rows = data.read_text().splitlines()
    data.write_text("\n".join([f"{rows[0]},net_mrr,gross_mrr", *(f"{r},1,2" for r in rows[1:])]))
    error = refused(tmp_path, "nrr", Wished(), WarehouseError)
    assert "'net_mrr' or 'gross_mrr'" in error.why
    assert "--column amount=" in str(error)
    assert put(tmp_path, "nrr", Wished(columns={"amount": "gross_mrr"})).written is not None


def test_a_column_about_a_person_plays_no_part(tmp_path: Path) -> None:
    """Personal columns are not seen by templates at all."""
    billing(tmp_path)
    tables = tmp_path / "tables.yml"
    tables.write_text(tables.read_text().rstrip() + "\n    personal: [amount]\n")
    assert refused(tmp_path, "nrr", NRR, WarehouseError).code == "template-needs-data"


def test_names_that_are_taken_are_never_overwritten(tmp_path: Path) -> None:
    billing(tmp_path)
    first = put(tmp_path, "nrr", NRR)
    assert first.written is not None
    text_of_it = first.written.read_text()
    error = refused(tmp_path, "nrr", NRR, ProjectError)
    assert error.code == "template-name-taken"
    assert "--name nrr_2" in str(error)
    assert first.written.read_text() == text_of_it
    second = put(tmp_path, "nrr", replace(NRR, name="nrr_2"))
    assert second.path.name == "kpi_nrr_2.yml"


def test_a_dry_run_computes_and_writes_nothing(tmp_path: Path) -> None:
    billing(tmp_path)
    before = files(tmp_path)
    added = put(tmp_path, "nrr", NRR, dry_run=True)
    assert files(tmp_path) == before
    assert [figure.value for figure in added.figures] == pytest.approx([1.05])
    assert added.text.startswith("# yaml-language-server: $schema=sameboat.schema.json")


def test_only_those_who_may_write_the_projects_files_add_a_kpi(tmp_path: Path) -> None:
    workspace = sameboat.open(billing(tmp_path))
    try:
        with pytest.raises(AccessError, match="not-allowed"):
            add(workspace, "nrr", actor=Actor("guest"), wished=NRR, today=TODAY)
    finally:
        workspace.close()


def test_a_metric_that_the_project_has_is_used_and_not_defined_twice(tmp_path: Path) -> None:
    shape = template("nps").variants["once"]
    company(tmp_path, shape)
    own = {"type": "simple", "table": "answers", "agg": "count", "unit": "count",
           "filter": ["asked in ('nps')", "score between 0 and 10"]}  # fmt: skip
    (tmp_path / "metrics.yml").write_text(text({"metrics": {"replies": own}}))
    put(tmp_path, "nps", Wished(columns={"asked": "asked"}))
    project = sameboat.open(tmp_path).project
    assert "nps_answers" not in project.metrics
    assert [g.metric for g in project.kpis["nps"].guardrails] == ["replies"]


def test_a_target_begins_at_what_is_usual_and_the_check_is_content(tmp_path: Path) -> None:
    """With teams, levers and a target there is nothing left to complain of in the new file."""
    billing(tmp_path)
    people = {
        "teams": {"sales": {}, "customer_success": {}},
        "metrics": {
            "discount_share": {"type": "simple", "table": "subscriptions", "agg": "count",
                               "kind": "input", "unit": "count", "good": "down"},
            "onboarding_days": {"type": "simple", "table": "subscriptions", "agg": "average",
                                "expr": "amount", "kind": "input", "unit": "days", "good": "down"},
        },
    }  # fmt: skip
    (tmp_path / "people.yml").write_text(text(people))
    put(tmp_path, "nrr", replace(NRR, target=1.1, by=dt.date(2027, 12, 31)))
    workspace = sameboat.open(tmp_path)
    workspace.close()
    target = workspace.project.kpis["nrr"].target
    assert target is not None
    assert (target.from_, target.to, target.by) == (1.05, 1.1, dt.date(2027, 12, 31))
    found = check_with_data(tmp_path, viewer=OWNER)
    mine = [f for f in found if f.where and f.where.file == "kpi_nrr.yml"]
    assert [f for f in mine if f.code == "kpi-incomplete" or f.severity == "error"] == []


def test_every_template_says_all_that_a_shared_kpi_needs() -> None:
    """Definition, source, contract, worked numbers, gaming, guardrails, owners, target."""
    assert len(templates()) == 12
    for one in templates().values():
        assert one.sources
        assert all(source.author and source.title and source.where for source in one.sources)
        assert len(one.owners) >= 2
        assert len(one.gaming) >= 2
        assert any(limit.metric for limit in one.guardrails), one.name
        for variant in one.variants.values():
            assert variant.worked.figures
            assert set(variant.worked.tables) == set(variant.tables)
            assert set(variant.declares["metrics"]) >= {"{name}"}
            for table in variant.tables.values():
                assert table.grain.startswith("one row per")


def test_two_templates_over_one_table_define_no_metric_twice(tmp_path: Path) -> None:
    """Both nrr and retention bring gross retention of twelve months; the second uses the first's.

    Without teams the check asks for owners, and not yet for who calls their review.
    """
    folder = billing(tmp_path)
    put(folder, "nrr", NRR)
    added = put(folder, "retention", NRR)
    assert "nrr_gross" in added.text
    assert "retention_revenue" not in added.text
    codes = [(f.code, f.message.partition(": ")[0]) for f in check_with_data(folder, viewer=OWNER)]
    assert "duplicate-metric" not in {code for code, _ in codes}
    assert ("kpi-incomplete", "'retention' has no steward") not in codes
    assert ("one-owner", "'retention' has no owners") in codes
