"""Every rule finds what it is for, and leaves a good project alone."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from sameboat.errors import CODES, UsageError
from sameboat.project.check import check, check_folder
from sameboat.project.declared import Project
from sameboat.project.principles.catalogue import RULES, explained
from sameboat.project.principles.granularity import granularity, hypergranularity, served
from sameboat.project.principles.judge import OF_FILES, principles
from sameboat.project.principles.trust import names_people
from tests.unit.project.principles.bad import BAD

GOOD = {
    "teams": {"sales": {}, "product": {}},
    "objectives": {"come": {"statement": "They come.", "horizon": "short"},
                   "stay": {"statement": "They stay.", "horizon": "long"}},
    "tables": {"deals": {"file": "deals.csv", "subject": "none", "time": "day",
                         "dimensions": {"day": {"type": "time", "grain": "day"}}}},
    "metrics": {
        "won": {"type": "simple", "table": "deals", "agg": "count", "filter": "won",
                "kind": "input", "unit": "count", "good": "up"},
        "all": {"type": "simple", "table": "deals", "agg": "count", "kind": "input",
                "unit": "count", "good": "up"},
        "rate": {"type": "ratio", "numerator": "won", "denominator": "all", "kind": "outcome",
                 "unit": "percent", "good": "up"},
    },
}  # fmt: skip


def a_kpi(**changed: object) -> dict[str, object]:
    """A KPI that lacks nothing, but for what is changed; None takes a key away."""
    whole = {
        "metric": "rate",
        "objective": "come",
        "owners": [{"team": "sales", "lever": "won"}, {"team": "product", "lever": "all"}],
        "steward": "sales",
        "target": {"since": "2026-01-01", "from": 0.4, "to": 0.5, "by": "2027-01-01"},
        "guardrails": [{"metric": "all", "min": 10}],
        "gaming": "Closing bad deals.",
        **changed,
    }
    return {key: value for key, value in whole.items() if value is not None}


def codes(project: Project, today: dt.date = dt.date(2026, 6, 1)) -> list[str]:
    return [one.code for one in principles(project, today=today)]


def project(**sections: object) -> Project:
    both = {"come": a_kpi(), "stay": a_kpi(objective="stay")}
    return Project.from_mappings(**{**GOOD, "kpis": both, **sections})


def test_the_bad_company_breaks_every_rule_of_files_once(tmp_path: Path) -> None:
    """And nothing that its files cannot show."""
    (tmp_path / "sameboat.yml").write_text(BAD, encoding="utf-8")
    told = [one for one in check_folder(tmp_path) if one.code in RULES]
    assert Counter(one.code for one in told) == dict.fromkeys(OF_FILES, 1)
    assert all(one.where is not None and one.hint for one in told)


def test_a_good_company_breaks_none() -> None:
    assert codes(project()) == []


def test_every_rule_is_a_code_with_its_reason_example_and_better_way() -> None:
    for code, rule in RULES.items():
        assert code in CODES
        assert rule.title.endswith(".")
        assert rule.why.endswith(".")
        assert rule.example
        assert rule.better
        told = explained(code)
        assert rule.why in told
        assert rule.severity in told.splitlines()[0]


def test_a_code_that_there_is_not_is_refused_with_a_guess() -> None:
    with pytest.raises(UsageError, match="no-objectiv") as caught:
        explained("no-objectiv")
    assert caught.value.findings[0].hint == "Did you mean 'no-objective'?"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"objective": None}, "no-objective"),
        ({"owners": [{"team": "sales", "lever": "won"}]}, "one-owner"),
        ({"owners": []}, "one-owner"),
        ({"owners": [{"team": "sales", "lever": "won"}, {"team": "product"}]},
         "owner-without-lever"),
        ({"owners": [{"team": "sales", "lever": "rate"}, {"team": "product", "lever": "all"}]},
         "lever-not-input"),
        ({"guardrails": []}, "no-guardrail"),
        ({"gaming": " "}, "no-gaming-note"),
        ({"target": {"to": 0.5, "by": "2027-01-01"}}, "target-incomplete"),
        ({"target": {"to": 0.5, "from": 0.4, "by": "2027-01-01"}}, "target-incomplete"),
        ({"owners": [
            {"team": "sales", "lever": "won",
             "effect": {"moves": "same", "review_by": "2026-05-31"}},
            {"team": "product", "lever": "all"}]}, "past-review"),
    ],
)  # fmt: skip
def test_one_breach_is_one_finding(changed: dict[str, object], code: str) -> None:
    kpis = {"come": a_kpi(), "stay": a_kpi(objective="stay"), "third": a_kpi(**changed)}
    assert codes(project(kpis=kpis)) == [code]


@pytest.mark.parametrize(
    "target",
    [
        {"steps": [{"by": "2026-12-31", "value": 0.5}]},
        {"metric": "won"},
        {"since": "2026-01-01", "from": 0.5, "to": 0.5, "by": "2027-01-01"},
    ],
)
def test_targets_by_steps_by_a_metric_or_flat_are_whole(target: dict[str, object]) -> None:
    kpis = {"come": a_kpi(target=target), "stay": a_kpi(objective="stay")}
    assert codes(project(kpis=kpis)) == []


def test_a_review_is_past_on_the_day_after_its_last_one() -> None:
    owners = [
        {"team": "sales", "lever": "won", "effect": {"moves": "same", "review_by": "2026-05-31"}},
        {"team": "product", "lever": "all"},
    ]
    held = project(kpis={"come": a_kpi(owners=owners), "stay": a_kpi(objective="stay")})
    assert codes(held, dt.date(2026, 5, 31)) == []
    assert codes(held, dt.date(2026, 6, 1)) == ["past-review"]


def test_one_kpi_or_one_without_a_horizon_says_nothing_of_balance() -> None:
    """What is not declared may be anything."""
    objectives = {"come": {"statement": "They come."}, "stay": GOOD["objectives"]["stay"]}
    kpis = {"come": a_kpi(), "stay": a_kpi(objective="stay")}
    assert codes(project(objectives=objectives, kpis=kpis)) == []
    only = {"come": GOOD["objectives"]["come"]}
    assert codes(project(objectives=only, kpis={"come": a_kpi()})) == []
    assert codes(project(objectives=only, kpis={"a": a_kpi(), "b": a_kpi()})) == ["one-horizon"]


def test_nine_kpis_can_be_steered_and_ten_cannot_unless_the_project_says_so() -> None:
    nine = {f"k{at}": a_kpi(objective="stay" if at % 2 else "come") for at in range(9)}
    ten = {**nine, "k9": a_kpi()}
    assert codes(project(kpis=nine)) == []
    assert codes(project(kpis=ten)) == ["too-many-kpis"]
    none = Project.from_mappings({"principles": {"most_kpis": 0}}, **{**GOOD, "kpis": nine})
    assert codes(none) == ["too-many-kpis", "hypergranular"]
    roomy = Project.from_mappings({"principles": {"most_kpis": 12}}, **{**GOOD, "kpis": ten})
    assert codes(roomy) == []


def test_a_faulty_kpi_hides_no_objective(tmp_path: Path) -> None:
    """The KPI that serves it is there and cannot be read: the objective is not called orphaned."""
    text = "name: a\nobjectives: {o: {statement: O.}}\nkpis: {k: {metric: 1, objective: o}}\n"
    (tmp_path / "sameboat.yml").write_text(text, encoding="utf-8")
    assert "orphan-objective" not in {one.code for one in check_folder(tmp_path)}


@pytest.mark.parametrize(
    "column",
    ["sales_rep", "SalesPerson", "owner_name", "agent_id", "employee", "employee_number",
     "customer_email", "account_manager", "assignee", "first_name", "author_name"],
)  # fmt: skip
def test_columns_of_people_are_known_by_their_names(column: str) -> None:
    assert names_people(column)


@pytest.mark.parametrize(
    "column",
    ["user_agent", "agent_type", "owner_team", "employees", "employee_count", "employee_band",
     "email_domain", "mobile_app", "salary_band", "product_name", "account_name", "team_name",
     "owner_type", "contact_channel", "region", "plan", "manager", "author", "operator_id",
     "sales_region", "person_type", "personal_plan", "staff_size", "phone_model", "car_owner"],
)  # fmt: skip
def test_innocent_columns_are_no_people(column: str) -> None:
    assert not names_people(column)


def test_a_hashed_or_hidden_column_is_no_dimension_of_people() -> None:
    table = {**GOOD["tables"]["deals"], "pseudonymous": ["sales_rep"]}
    table["dimensions"] = {**table["dimensions"], "rep": {"expr": "sales_rep"}}
    assert "person-dimension" not in codes(project(tables={"deals": table}))


# ── hypergranularity ─────────────────────────────────────────────────────────────────────────


def test_the_index_counts_what_is_watched_and_what_serves_nothing() -> None:
    """Two KPIs over the same metric, two levers, one of them the guardrail: three metrics."""
    metrics = {**GOOD["metrics"], "idle": {**GOOD["metrics"]["won"], "filter": "lost"}}
    held = project(metrics=metrics)
    assert served(held) == {"won", "all", "rate"}
    kpis, per_kpi, figures, loose = granularity(held).parts
    assert (kpis.value, per_kpi.value, loose.value) == (2, 1.5, 0.25)
    assert figures.value == pytest.approx(2 * 3 * 12 / 52)


def test_reviews_decide_how_often_figures_are_shown() -> None:
    reviews = {"weekly": {"kpis": ["come"]}, "daily": {"kpis": ["come"], "every": "day"}}
    figures = granularity(project(reviews=reviews)).parts[2]
    assert figures.value == pytest.approx(3 * (1 + 5) + 3 * 12 / 52)


def test_all_at_the_most_is_an_index_of_one() -> None:
    found = hypergranularity(kpis=9, watched=72, figures=60, loose=40, live=80)
    assert found.index == 1
    assert not found.too_fine
    assert hypergranularity(kpis=9, watched=73, figures=60, loose=40, live=80).too_fine


def test_a_project_without_kpis_has_no_index_to_break() -> None:
    assert codes(project(kpis={}, objectives={})) == []


def test_a_thousand_plain_metrics_break_nothing() -> None:
    """The principles alone, on metrics that look at each other's duplicates."""
    metrics: dict[str, object] = dict(GOOD["metrics"])
    for at in range(1000):
        metrics[f"m{at}"] = {"type": "simple", "table": "deals", "agg": "sum", "expr": f"c{at}"}
    held = project(metrics=metrics)
    assert codes(held) == []


def test_check_tells_the_principles_with_everything_else() -> None:
    told = check(project(kpis={"come": a_kpi(gaming=None), "stay": a_kpi(objective="stay")}))
    assert [one.code for one in told] == ["no-gaming-note"]


@pytest.mark.parametrize("code", RULES)
def test_examples_of_files_are_files(code: str) -> None:
    """What the reference shows as lines of a file is YAML that says something, or a comment."""
    rule = RULES[code]
    for text in (rule.example, rule.better):
        if re.match(r"[a-z_]+:", text):
            assert isinstance(yaml.safe_load(text), dict)
        elif not text.startswith("#"):
            assert text.endswith(".")
