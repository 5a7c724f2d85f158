"""What `check` says of a project that loads: references, contradictions, cycles, KPIs."""

from __future__ import annotations

from pathlib import Path

import pytest

from sameboat.project.check import arithmetic, check, check_folder
from sameboat.project.declared import Project
from sameboat.project.principles.catalogue import RULES
from tests.unit.project.told import Findings, Write, short

WORLD = """\
teams: {sales: {}, product: {}}
objectives: {stay: {statement: Stay.}}
tables:
  deals:
    file: deals.csv
    time: closed_on
    entities: {deal: {type: primary, expr: id}, account: {type: foreign, expr: account_id}}
    dimensions: {closed_on: {type: time, grain: day}, stage: {}}
  accounts:
    file: accounts.csv
    entities: {account: {type: primary, expr: id}}
    dimensions: {region: {}}
metrics:
  won: {type: simple, table: deals, agg: count, filter: "stage = 'Won'", unit: count, good: up,
    kind: input}
  all: {type: simple, table: deals, agg: count, unit: count, good: up, kind: input}
  rate: {type: ratio, numerator: won, denominator: all, unit: percent, good: up, kind: outcome}
"""

KPI = """\
kpis:
  rate:
    metric: rate
    objective: stay
    owners: [{team: sales, lever: won}, {team: product, lever: all}]
    steward: sales
    target: {since: 2026-01-31, from: 40%, to: 50%, by: 2027-01-31}
    guardrails: [{metric: all, min: 10}]
    by: [account__region, stage]
    gaming: Closing bad deals.
"""


def test_a_complete_project_has_no_findings(findings: Findings) -> None:
    """All names lead somewhere and the KPI lacks nothing, so there is nothing to say."""
    assert findings(KPI, world=WORLD) == []


MISTAKES = [
    tuple(part.strip() for part in line.split("|", 1))
    for line in Path(__file__).with_name("mistakes.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize(("expected", "text"), MISTAKES)
def test_a_mistake_is_found_where_it_stands(findings: Findings, expected: str, text: str) -> None:
    """Beside a complete world one mistake gives one finding (besides what a bare KPI lacks)."""
    world = WORLD if text.startswith("kpis") else WORLD + KPI
    bare = {"kpi-incomplete", *RULES}
    found = [item for item in findings(text, world=world) if item.code not in bare]
    assert [item.removeprefix("x.yml:") for item in short(found)] == [expected]


def test_names_that_are_declared_but_wrong_are_not_called_unknown(findings: Findings) -> None:
    """The team is there; what is wrong with it is told once, where it stands."""
    text = "teams: {x: {zzz: 1}, y: {parent: x}}\nkpis: {k: {metric: m, steward: x}}\n"
    found = findings(f"{text}metrics: {{m: {{type: simpel}}}}\n")
    assert [item.code for item in found if item.severity == "error"] == [
        "unknown-key",
        "wrong-type",
    ]


def test_with_an_unreadable_file_no_name_is_called_unknown(write: Write) -> None:
    """The name may stand in the file that could not be read."""
    folder = write(a="teams: {y: {parent: x}}\n", b="teams: {x: [\n")
    assert short(check_folder(folder)) == ["b.yml:2:1 yaml-syntax"]


def test_wrong_shapes_and_dangling_names_come_together(findings: Findings) -> None:
    """One run tells both what does not load and what leads nowhere."""
    found = findings("teams: {x: {zzz: 1}, y: {parent: z}}\n")
    assert short(found) == ["x.yml:1:13 unknown-key", "x.yml:1:34 unknown-team"]


def test_a_custom_grain_of_the_calendar_is_a_grain(findings: Findings) -> None:
    """Grains that a spine's table holds may be used wherever a standard one may."""
    calendar = (
        "calendar: {time_spine: {table: days, column: day, custom: {sprint: sprint_start}}}\n"
    )
    days = "tables: {days: {file: days.csv}}\n"
    text = "metrics:\n  a: {type: simple, table: days, agg: count, time_grain: sprint}\n"
    told = [item.code for item in findings(text, world=calendar + days)]
    assert told == ["no-time-dimension"]


def test_a_metric_without_time_is_wrong_only_where_time_is_needed(findings: Findings) -> None:
    """A count of all accounts needs no time; a KPI on it does."""
    text = "metrics: {m: {type: simple, table: accounts, agg: count, unit: count}}\n"
    (alone,) = findings(text, world=WORLD)
    used = findings(f"{text}kpis: {{k: {{metric: m}}}}\n", world=WORLD)
    assert (alone.code, alone.severity) == ("no-time-dimension", "warning")
    assert [item.severity for item in used if item.code == "no-time-dimension"] == ["error"]


def test_time_may_come_from_the_metric(findings: Findings) -> None:
    """A metric's own `time` does where its table names none."""
    world = "tables: {t: {file: t.csv, dimensions: {at: {type: time}}}}\n"
    text = "metrics: {m: {type: cumulative, metric: n, window: 2 days}, "
    text += "n: {type: simple, table: t, agg: count"
    assert [item.code for item in findings(f"{text}}}}}\n", world=world)] == ["no-time-dimension"]
    assert findings(f"{text}, time: at}}}}\n", world=world) == []


@pytest.mark.parametrize("lag", ["", ", lag: 0 days"])
def test_a_loop_of_influence_needs_a_delay(findings: Findings, lag: str) -> None:
    """With a lag on one edge a loop is a spiral over time, which is allowed."""
    edge = (
        "drivers: [{{metric: won, influenced_by: all, moves: same{0}}}, "
        "{{metric: all, influenced_by: won, moves: same{1}}}]\n"
    )
    assert [item.code for item in findings(edge.format(lag, ""), world=WORLD)] == ["driver-cycle"]
    assert findings(edge.format(lag, ", lag: 1 month"), world=WORLD) == []


def test_an_owners_effect_is_an_edge_of_the_tree(findings: Findings) -> None:
    """A lever that the KPI itself drives at once is a loop too."""
    text = KPI.replace("lever: won}", "lever: won, effect: {moves: same}}")
    text += "drivers: [{metric: won, influenced_by: rate, moves: same}]\n"
    assert [item.code for item in findings(text, world=WORLD)] == ["driver-cycle"]


def test_a_long_chain_of_metrics_is_no_cycle_and_no_recursion() -> None:
    """Five thousand metrics on top of each other are checked without a deep stack."""
    chain = {f"m{at}": {"type": "derived", "expr": f"m{at + 1} + 1"} for at in range(5000)}
    last = {"m5000": {"type": "simple", "table": "t", "agg": "count"}}
    table = {"t": {"file": "t.csv", "time": "d", "dimensions": {"d": {"type": "time"}}}}
    project = Project.from_mappings(metrics={**chain, **last}, tables=table)
    assert check(project) == ()
    closed = Project.from_mappings(
        metrics={**chain, "m5000": {"type": "derived", "expr": "m0 + 1"}}, tables=table
    )
    (finding,) = check(closed)
    assert finding.code == "metric-cycle"
    assert len(finding.message) < 500


def test_a_guardrail_has_a_limit(findings: Findings) -> None:
    """Its own, or the range of its metric."""
    bare = KPI.replace("min: 10", "")
    assert [item.code for item in findings(bare, world=WORLD)] == ["missing-key"]
    ranged = WORLD.replace(
        "all: {type: simple, table: deals, agg: count, unit: count, good: up",
        "all: {type: simple, table: deals, agg: count, unit: count, good: {between: [1, 9]}",
    )
    assert findings(bare, world=ranged) == []


def test_better_and_worse_need_a_direction(findings: Findings) -> None:
    """`worse_by` says nothing of a metric that does not say what is good."""
    world = WORLD.replace(
        "agg: count, unit: count, good: up, kind: input", "agg: count, kind: input"
    )
    text = KPI.replace("min: 10", "worse_by: 5")
    assert [(item.code, item.severity) for item in findings(text, world=world)] == [
        ("kpi-incomplete", "warning")
    ]


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("{to: 1}", "missing-key"),
        ("{to: 1, by: 2026-01-01, metric: won}", "conflicting-keys"),
        ("{since: 2026-02-01, from: 0, to: 1, by: 2026-01-01}", "dates-reversed"),
        ("{steps: [{by: 2026-02-01, value: 1}, {by: 2026-01-01, value: 2}]}", "dates-reversed"),
    ],
)
def test_a_target_is_one_path_forward_in_time(findings: Findings, target: str, code: str) -> None:
    """A value with its day, steps in order, or a metric."""
    text = KPI.replace("{since: 2026-01-31, from: 40%, to: 50%, by: 2027-01-31}", target)
    assert [item.code for item in findings(text, world=WORLD)] == [code]


def test_a_team_owns_a_kpi_once(findings: Findings) -> None:
    """Twice would count as two owners."""
    text = KPI.replace("team: product", "team: sales")
    assert [item.code for item in findings(text, world=WORLD)] == [
        "one-owner",
        "duplicate-name",
    ]


def test_a_rolling_kpi_does_not_watch_itself(findings: Findings) -> None:
    """Each event would stay in the series for a whole window and look like a signal."""
    world = (
        WORLD
        + "  rolling: {type: cumulative, metric: won, window: 28 days,\n"
        + "    unit: count, good: up, kind: outcome}\n"
    )
    text = KPI.replace("metric: rate", "metric: rolling")
    assert [item.code for item in findings(text, world=world)] == ["signal-rolls"]
    assert findings(f"{text}    signal: {{metric: won}}\n", world=world) == []


def test_retired_metrics_are_reported_where_they_are_still_used(findings: Findings) -> None:
    """With what replaces them."""
    world = WORLD.replace("won: {", "won: {retired: 2026-01-01, replaced_by: all, ")
    found = findings(KPI, world=world)
    assert [(item.code, item.hint) for item in found] == [
        ("metric-retired", "Use 'all'."), ("metric-retired", "Use 'all'."),
    ]  # fmt: skip


CODES = {
    "objective": "no-objective", "guardrail": "no-guardrail", "gaming note": "no-gaming-note",
    "one owner": "one-owner", "owners without a lever": "owner-without-lever",
}  # fmt: skip

PARTS = {
    "unit": "unit: percent, ", "good": "good: up, ", "kind": "kind: outcome",
    "objective": "    objective: stay\n", "steward": "    steward: sales\n",
    "target": "    target: {since: 2026-01-31, from: 40%, to: 50%, by: 2027-01-31}\n",
    "guardrail": "    guardrails: [{metric: all, min: 10}]\n",
    "gaming note": "    gaming: Closing bad deals.\n",
    "one owner": ", {team: product, lever: all}", "owners without a lever": ", lever: all",
}  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
def test_each_part_that_a_kpi_lacks_is_told_with_its_reason(findings: Findings, part: str) -> None:
    """An incomplete KPI loads; a warning says what is missing and why it matters."""
    world, _, last = WORLD.rpartition("  rate:")
    world = f"{world}  rate:{last.replace(PARTS[part], '')}"
    told = findings(KPI.replace(PARTS[part], ""), world=world)
    (found,) = [one for one in told if one.code != "orphan-objective"]
    assert (found.code, found.severity) == (CODES.get(part, "kpi-incomplete"), "warning")
    assert part in found.message
    assert found.hint
    assert str(found.where) == "x.yml:2:3"


@pytest.mark.parametrize(
    "text", ["9" * 5000, "interval '²² days'", f"cast(x as decimal({'9' * 5000}))", "(" * 5000]
)
def test_an_expression_that_python_cannot_count_is_a_finding(findings: Findings, text: str) -> None:
    """Numbers of thousands of digits and endless brackets stop at a finding."""
    metric = f'metrics: {{m: {{type: simple, table: deals, agg: sum, expr: "{text}"}}}}'
    assert [item.code for item in findings(metric, world=WORLD)] == ["expression-syntax"]


def test_arithmetic_gives_formulas_and_the_metrics_that_they_need() -> None:
    """What the data must satisfy: the metric first, then what its formula names."""
    simple = {"type": "simple", "table": "t", "agg": "count"}
    project = Project.from_mappings(
        tables={"t": {"file": "t.csv"}},
        metrics={"a": simple, "b": simple, "c": simple},
        drivers=[
            {"metric": "a", "equals": "b * c + b"},
            {"metric": "a", "influenced_by": "b", "moves": "same"},
            {"metric": "a", "equals": "b *"},
        ],
    )
    (edge,) = arithmetic(project)
    assert edge.metrics == ("a", "b", "c")
    assert edge.driver is project.drivers[0]


def test_findings_are_in_reading_order_and_said_once(findings: Findings) -> None:
    """File by file, line by line."""
    found = findings(
        "drivers: [{metric: rate, equals: x + x}]\nteams: {a: {parent: b}}\n", world=WORLD
    )
    assert short(found) == ["x.yml:1:34 unknown-metric", "x.yml:2:21 unknown-team"]


def test_what_the_example_leaves_undeclared_is_all_that_check_finds(
    tmp_path: Path, example: bytes
) -> None:
    """The file of all keys names things that it does not show; nothing else is wrong."""
    (tmp_path / "sameboat.yml").write_bytes(example)
    told = {item.code for item in check_folder(tmp_path) if item.severity == "error"}
    assert told == {"unknown-table", "unknown-metric", "unknown-kpi"}
