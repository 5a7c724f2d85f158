"""A folder becomes one project, or every error of every file together."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from sameboat.errors import Finding, ProjectError, RequestError
from sameboat.periods import Span
from sameboat.project.declared import SECTIONS, Project
from sameboat.project.load import examine, load
from sameboat.project.model import Between, Ratio, Retention, Simple
from tests.unit.project.told import Errors, Write, short

# ── the whole format ─────────────────────────────────────────────────────────────────────────


def test_the_example_of_the_format_loads_completely(tmp_path: Path, example: bytes) -> None:
    """Every key is known, every section is filled, and nothing is wrong."""
    (tmp_path / "sameboat.yml").write_bytes(example)
    examined = examine(tmp_path)
    assert examined.errors == ()
    assert [section for section in SECTIONS if not getattr(examined.project, section)] == []


def test_the_example_is_read_as_it_is_meant(tmp_path: Path, example: bytes) -> None:
    """Samples of every kind of value: inputs, spans, days, ranges, names, short forms."""
    (tmp_path / "sameboat.yml").write_bytes(example)
    project = load(tmp_path)
    share = project.metric("emea_share")
    assert isinstance(share, Ratio)
    assert (share.numerator.metric, share.numerator.filter) == ("won_revenue", ("region = 'EMEA'",))
    assert share.denominator.metric == "won_revenue"
    retention = project.metric("net_revenue_retention")
    assert isinstance(retention, Retention)
    assert retention.over == Span(12, "month")
    assert project.metric("utilisation").good == Between(between=(0.70, 0.85))
    table = project.table("opportunities")
    assert table.entities["opportunity"].expr == ("opportunity_id",)
    assert table.dimensions["stage"].name == "stage"
    assert project.table("subscription_months").entities["subscription_month"].expr == (
        "account_id",
        "month",
    )
    kpi = project.kpi("net_revenue_retention")
    assert kpi.steward is not None
    assert kpi.steward.from_ == dt.date(2026, 2, 1)
    assert kpi.owners[1].effect is not None
    assert kpi.owners[1].effect.per is not None
    assert kpi.owners[1].effect.per.gives == 0.0011
    assert project.reviews["weekly_growth"].clock == "09:30"
    assert project.saved_queries["board_month"].order_by == ("-win_rate",)
    assert project.proposals["p_2025_014"].title == "Onboarding squad for small accounts"
    pay = project.incentives["sales_2026"].pay
    assert [part.when.on if part.when else None for part in pay] == ["closed", None, None, None]


def test_what_is_read_but_not_computed_is_told_once_with_its_place(
    tmp_path: Path, example: bytes
) -> None:
    """A key whose feature comes later is accepted, and the reader knows that it does nothing."""
    (tmp_path / "sameboat.yml").write_bytes(example)
    notices = load(tmp_path).notices
    assert {notice.code for notice in notices} == {"not-built-yet"}
    assert {notice.severity for notice in notices} == {"notice"}
    assert len({notice.message for notice in notices}) == len(notices)
    assert all(notice.where for notice in notices)
    assert any("'pools'" in notice.message for notice in notices)


# ── files ────────────────────────────────────────────────────────────────────────────────────


def test_maps_of_several_files_merge_and_lists_follow_each_other(write: Write) -> None:
    """Files are parts of one text; their names mean nothing."""
    project = load(
        write(
            a="teams: {sales: {}}\ndrivers: [{metric: x, equals: y}]\naccess: {rows: []}\n",
            b__c="teams: {product: }\ndrivers: [{metric: z, equals: y}]\n"
            "access: {roles: {analyst: {groups: [g]}}}\n",
        )
    )
    assert set(project.teams) == {"sales", "product"}
    assert [driver.metric for driver in project.drivers] == ["x", "z"]
    assert set(project.access.roles) == {"analyst"}
    assert str(project.place("drivers", 1, "metric")) == "b/c.yml:2:20"
    assert str(project.place("teams", "product")) == "b/c.yml:1:9"


def test_a_name_declared_twice_names_both_places(write: Write) -> None:
    """The second declaration is the error; its message leads to the first."""
    (error,) = examine(write(a="teams: {sales: {}}\n", b="teams:\n  sales: {}\n")).errors
    assert (str(error.where), error.code) == ("b.yml:2:3", "duplicate-name")
    assert "a.yml:1:9" in error.message


def test_the_same_name_may_stand_in_several_sections(write: Write) -> None:
    """Names are unique per kind only."""
    text = "name: a\ntables: {x: {file: x.csv}}\nmetrics: {x: {type: simple, table: x, agg: count}}"
    assert load(write(f"{text}\nkpis: {{x: {{metric: x}}}}\n")).kpi("x").metric == "x"


@pytest.mark.parametrize(
    ("calendar", "found"),
    [
        ("{fiscal_year_starts: '07-01'}", ["sameboat.yml:3:32 wrong-type"]),
        ("{fiscal_year_starts: Juli}", ["sameboat.yml:3:32 wrong-type"]),
        ("{timezone: Mars/Base}", ["sameboat.yml:3:22 unknown-zone"]),
    ],
)
def test_a_calendar_that_cannot_be_counted_by_is_told_with_its_place(
    errors: Errors, calendar: str, found: list[str]
) -> None:
    """Such a month once ended every command with an internal error, and a zone bore no place."""
    assert errors(f"format: 1\nname: a\ncalendar: {calendar}\n") == found


def test_a_month_may_be_written_as_a_name(write: Write) -> None:
    found = load(write("name: a\ncalendar: {fiscal_year_starts: February}\n"))
    assert found.root.calendar.fiscal_year_starts == "february"


def test_root_keys_stand_only_in_the_root_file(errors: Errors) -> None:
    """A second home for a setting would hide which one holds."""
    assert errors(a="teams: {}\nmission: x\n") == ["a.yml:2:1 root-elsewhere"]
    assert errors(a="teams: {}\n", sub__sameboat="name: x\n") == [
        "sub/sameboat.yml:1:1 root-elsewhere"
    ]


def test_files_of_other_programs_are_passed_over_with_a_notice(write: Write) -> None:
    """Traps of YAML in such files are not this project's business."""
    project = load(write(a="services: {x: !custom y}\nservices: 1\n", b="", c="[1, 2]\n"))
    assert short(project.notices) == [f"{name}.yml:1:1 file-skipped" for name in "abc"]


@pytest.mark.parametrize(
    "text", ["{{ range .Values.x }}\nkind: {{ .Name }}\n", "a:\n\tb: 1\n", f"x: {'[' * 999}"]
)
def test_files_of_other_programs_need_not_be_yaml(write: Write, text: str) -> None:
    """Templates in a repository do not stop the project; a warning names them."""
    (notice,) = load(write(a=text)).notices
    assert (notice.code, notice.severity) == ("file-skipped", "warning")


@pytest.mark.parametrize(
    "text", ["teams: {{\n", "x: 1\nmetrics: [\n", "{'kpis': [\n", "  teams: {\n"]
)
def test_a_broken_file_with_a_known_key_is_an_error(errors: Errors, text: str) -> None:
    """What is missing would be missed, so it is not passed over."""
    assert [item.split()[1] for item in errors(a=text)] == ["yaml-syntax"]


def test_a_misspelt_section_alone_in_its_file_is_noticed(write: Write) -> None:
    """The notice asks for the section that was probably meant."""
    (notice,) = load(write(a="metrcs: {}\n")).notices
    assert notice.hint == "Is 'metrcs' meant to be 'metrics'?"


def test_an_unknown_section_beside_known_ones_is_an_error(errors: Errors) -> None:
    """Then the file is one of the project's, and the key is a mistake."""
    assert errors("name: a\nmetrcs: {}\n") == ["sameboat.yml:2:1 unknown-key"]
    assert errors(a="teams: {}\nmetrcs: {}\n") == ["a.yml:2:1 unknown-key"]


def test_ignored_and_hidden_files_are_not_read(write: Write) -> None:
    """`ignore:` holds before anything of a file is looked at."""
    folder = write("name: a\nignore: [deploy/]\n", deploy__x="teams: [", _hidden="")
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "x.yml").write_text("teams: [", encoding="utf-8")
    assert examine(folder).errors == ()


DBT = [
    "semantic_models: []\n",
    "version: 2\nmodels: [{name: a}]\n",
    "version: 2\nsources: [{name: a}]\n",
]


@pytest.mark.parametrize("text", DBT)
def test_files_of_dbt_without_metrics_are_passed_over(write: Write, text: str) -> None:
    """A dbt project is full of them; there is nothing to say about them."""
    examined = examine(write(a=text))
    assert examined.errors == ()
    assert examined.project.notices == ()


@pytest.mark.parametrize(
    "text",
    ["metrics:\n  - name: a\n", "---\nsemantic_model: {name: a}\n---\nmetric: {name: b}\n"],
)
def test_objects_of_dbt_that_cannot_be_read_are_notices(write: Write, text: str) -> None:
    """They hold no error, and the reader hears what was left out."""
    examined = examine(write(a=text))
    assert examined.errors == ()
    assert {notice.code for notice in examined.project.notices} == {"object-skipped"}


def test_a_folder_of_dbt_files_alone_is_a_project(write: Write) -> None:
    """Without a sameboat.yml the settings are the defaults, which is told."""
    project = load(write(None, a="semantic_models: [{name: a, model: ref('a')}]\n"))
    assert [notice.code for notice in project.notices] == ["root-missing"]
    assert project.root.name == project.folder.name


def test_a_broken_manifest_of_dbt_is_passed_over(write: Write) -> None:
    """dbt writes it anew; it is not the project's to mend."""
    folder = write()
    (folder / "semantic_manifest.json").write_text("{", encoding="utf-8")
    assert [notice.code for notice in load(folder).notices] == ["file-skipped"]


def test_one_document_for_each_file(errors: Errors) -> None:
    """A second document would be half of a file that nobody sees."""
    assert errors("name: a\n---\nteams: {}\n") == ["sameboat.yml:3:1 several-documents"]


@pytest.mark.parametrize("make", [False, True])
def test_no_project_is_said_plainly(tmp_path: Path, make: bool) -> None:
    """A folder that is missing or declares nothing is one error with what to do."""
    folder = tmp_path / "x"
    if make:
        folder.mkdir()
        (folder / "docker-compose.yml").write_text("services: {}\n", encoding="utf-8")
    with pytest.raises(ProjectError) as raised:
        load(folder)
    assert raised.value.code == "no-project"


def test_a_root_file_that_leads_nowhere_is_told(write: Write) -> None:
    """A dangling link in place of sameboat.yml is an error, not a project of defaults."""
    folder = write(None, a="teams: {}\n")
    (folder / "sameboat.yml").symlink_to(folder / "gone.yml")
    assert short(examine(folder).errors) == ["sameboat.yml:1:1 file-unreadable"]


# ── errors ───────────────────────────────────────────────────────────────────────────────────

TABLE = "name: a\ntables:\n  t: {file: t.csv}\nmetrics:\n"


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("m: {type: simpel, table: t}", "5:13 wrong-type"),
        ("m: {table: t}", "5:3 missing-key"),
        ("m:", "5:3 missing-key"),
        ("m: {type: }", "5:3 missing-key"),
        ("m: {type: [simple]}", "5:7 wrong-type"),
        ("m: 5", "5:6 wrong-type"),
        ("m: {type: simple, agg: count}", "5:3 missing-key"),
        ("m: {type: simple, table: t, agg: summ}", "5:36 wrong-type"),
        ("m: {type: simple, table: t, agg: count, tabel: t}", "5:43 unknown-key"),
        ("m: {type: simple, table: t, agg: sum, expr: coalesce(a, b)}", "5:59 unknown-key"),
        ("m: {type: simple, table: t, agg: count, name: m}", "5:43 unknown-key"),
        ("m: {type: simple, table: t, agg: count, filter: 5}", "5:51 wrong-type"),
        ("m: {type: simple, table: t, agg: count, filter: [a, 5]}", "5:55 wrong-type"),
        ("m: {type: simple, table: t, agg: count, filter: }", "5:43 wrong-type"),
        ("m: {type: simple, table: t, agg: count, label: 5}", "5:50 wrong-type"),
        ("m: {type: simple, table: t, agg: count, unit: true}", "5:49 wrong-type"),
        ("m: {type: simple, table: t, agg: count, tags: x}", "5:49 wrong-type"),
        ("m: {type: simple, table: t, agg: count, good: upp}", "5:49 wrong-type"),
        ("m: {type: simple, table: t, agg: count, good: {betwen: [1, 2]}}", "5:50 unknown-key"),
        ("m: {type: simple, table: t, agg: count, good: {between: [1]}}", "5:50 wrong-type"),
        ("m: {type: simple, table: t, agg: count, good: {between: [1, 2, 3]}}", "5:50 wrong-type"),
        ("m: {type: simple, table: t, agg: count, good: {between: [1, x]}}", "5:63 wrong-type"),
        ("m: {type: simple, table: t, agg: count, discrete: yes}", "5:53 wrong-type"),
        ("m: {type: simple, table: t, agg: count, version: 1.5}", "5:52 wrong-type"),
        ("m: {type: simple, table: t, agg: count, version: '2'}", "5:52 wrong-type"),
        ("m: {type: simple, table: t, agg: count, percentile: .inf}", "5:55 wrong-type"),
        ("m: {type: simple, table: t, agg: count, percentile: half}", "5:55 wrong-type"),
        ("m: {type: simple, table: t, agg: count, valid_from: 2026-02-30}", "5:55 wrong-type"),
        ("m: {type: simple, table: t, agg: count, valid_from: 2026}", "5:55 wrong-type"),
        ("m: {type: simple, table: t, agg: count, valid_from: '20260201'}", "5:55 wrong-type"),
        ("m: {type: cumulative, metric: x, window: 28}", "5:44 wrong-type"),
        ("m: {type: cumulative, metric: x, window: month}", "5:44 wrong-type"),
        ("m: {type: cumulative, metric: [x]}", "5:25 wrong-type"),
        ("m: {type: ratio, numerator: {metrc: x}, denominator: y}", "5:32 unknown-key"),
        ("Win Rate: {type: simple, table: t, agg: count}", "5:3 illegal-name"),
        ("win__rate: {type: simple, table: t, agg: count}", "5:3 illegal-name"),
        ("win_: {type: simple, table: t, agg: count}", "5:3 illegal-name"),
        ("metric_time: {type: simple, table: t, agg: count}", "5:3 illegal-name"),
        ("case: {type: simple, table: t, agg: count}", "5:3 illegal-name"),
        ("größe: {type: simple, table: t, agg: count}", "5:3 illegal-name"),
        ("2nd: {type: simple, table: t, agg: count}", "5:3 illegal-name"),
        ("'': {type: simple, table: t, agg: count}", "5:3 illegal-name"),
    ],
)
def test_a_wrong_metric_is_told_exactly(errors: Errors, metric: str, expected: str) -> None:
    """One mistake gives its one error at its own place (with what its absence brings)."""
    found = [item.removeprefix("sameboat.yml:") for item in errors(f"{TABLE}  {metric}\n")]
    assert expected in found
    assert len(found) <= 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("format: 2", ["2:9 wrong-type"]),
        ("mission: [x]", ["2:1 wrong-type"]),
        ("privacy: {minimum_group: 4}", ["2:26 privacy-floor"]),
        ("privacy: {minimum_team: 1}", ["2:25 privacy-floor"]),
        ("privacy: {subjects: {employee: 4}}", ["2:11 privacy-floor"]),
        ("privacy: {subjects: {contact: 0}}", ["2:11 privacy-floor"]),
        ("privacy: {subjects: {account: -1}}", ["2:11 privacy-floor"]),
        ("privacy: {subjects: {emplyee: 10}}", ["2:22 unknown-key"]),
        ("calendar: {week_starts: sundy}", ["2:25 wrong-type"]),
        ("calendar: {time_spine: {from: 2024-13-01}}", ["2:31 wrong-type"]),
        ("as_of: 2026-01-01", ["2:8 wrong-type"]),
        ("ignore: docs", ["2:9 wrong-type"]),
        ("teams: [a, b]", ["2:1 wrong-type"]),
        ("teams: x", ["2:8 wrong-type"]),
        ("drivers: {a: b}", ["2:1 wrong-type"]),
        ("rollout: []", ["2:1 wrong-type"]),
        ("teams: {a: {from: yesterday}}", ["2:19 wrong-type"]),
        ("teams: {a: {values: [1]}}", ["2:22 wrong-type"]),
        ("tables: {t: {entities: {e: {type: prim}}}}", ["2:35 wrong-type"]),
        ("tables: {t: {entities: {e: }}}", ["2:25 missing-key"]),
        ("tables: {t: {entities: {E: {type: primary}}}}", ["2:25 illegal-name"]),
        ("tables: {t: {dimensions: {metric_time: }}}", ["2:27 illegal-name"]),
        ("tables: {t: {dimensions: {d: {name: d}}}}", ["2:31 unknown-key"]),
        ("tables: {t: {dimensions: {d: 5}}}", ["2:30 wrong-type"]),
        ("tables: {t: {subject: person}}", ["2:23 wrong-type"]),
        ("tables: {t: {checks: [unique]}}", ["2:23 wrong-type"]),
        ("tables: {t: {complete_after: 2}}", ["2:30 wrong-type"]),
        ("kpis: {k: {}}", ["2:8 missing-key"]),
        ("kpis: {k: {metric: m, steward: [a]}}", ["2:23 wrong-type"]),
        ("kpis: {k: {metric: m, owners: [{team: a, effect: {moves: up}}]}}", ["2:58 wrong-type"]),
        ("kpis: {k: {metric: m, target: {to: 10 %%}}}", ["2:36 wrong-type"]),
        ("events: {e: {}}", ["2:10 missing-key"]),
        ("reviews: {r: {kpis: [k], clock: '24:00'}}", ["2:33 wrong-type"]),
        (
            (
                "proposals: {p: {kpi: k, predicts: {effect: 1, low: 0, high: 2},"
                " decided: {at: 2025-09-22, verdict: fund}}}"
            ),
            ["2:79 wrong-type"],
        ),
        (
            "alerts: [{kpi: k, when: signal, to: steward, via: mail, quite: 1 day}]",
            ["2:57 unknown-key"],
        ),
        (
            (
                "staffing: {s: {kpi: k, lever: l,"
                " roles: {R: {team: t, cost: 1, productive_hours: 1}},"
                " heads: {table: t, team: t, role: r, heads: h, time: t}}}"
            ),
            ["2:42 illegal-name"],
        ),
    ],
)
def test_a_wrong_value_is_told_exactly(errors: Errors, text: str, expected: list[str]) -> None:
    """In every section the one mistake gives the one error at its place."""
    found = errors(f"name: a\n{text}\n")
    assert [item.removeprefix("sameboat.yml:") for item in found] == expected


def message(write: Write, text: str) -> str:
    """The one error of a sameboat.yml as people read it."""
    (error,) = examine(write(f"name: a\n{text}\n")).errors
    return str(error)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "metrics: {m: {type: simple, table: t, agg: sum, expr: coalesce(a, b)}}",
            (
                "sameboat.yml:2:67  unknown-key  'b)' is not a key of a simple metric. "
                "Quote the expression: inside braces a comma ends the value."
            ),
        ),
        (
            "metrics: {m: {type: simpel}}",
            (
                "sameboat.yml:2:21  wrong-type  'type' must be one of simple, ratio, derived, "
                "cumulative, conversion, duration, survey, retention, index; it is 'simpel'. "
                "Did you mean 'simple'?"
            ),
        ),
        (
            "metrics: {m: {type: simple, table: t, agg: count, good: upp}}",
            (
                "sameboat.yml:2:57  wrong-type  'good' must be 'up' or 'down', or a mapping of "
                "keys to values; it is 'upp'. Did you mean 'up'?"
            ),
        ),
        (
            "teams: {a: {label: 010}}",
            "sameboat.yml:2:20  wrong-type  'label' must be text; it is 10. Put it in quotes.",
        ),
        (
            "teams: {a: {values: }}",
            "sameboat.yml:2:13  wrong-type  'values' must be a list; it has no value",
        ),
        (
            "teams: {Team A: {}}",
            (
                "sameboat.yml:2:9  illegal-name  'Team A' cannot name a team: names are lower-case "
                "letters, digits and single underscores, and begin with a letter. "
                "Call it 'team_a', and set 'label' for what people read."
            ),
        ),
        (
            "objectives: {o: {horizn: long}}",
            (
                "sameboat.yml:2:18  unknown-key  'horizn' is not a key of an objective. "
                "Did you mean 'horizon'?"
            ),
        ),
        ("kpis: {k: {}}", "sameboat.yml:2:8  missing-key  A KPI needs 'metric'"),
        (
            "privacy: {minimum_group: 3}",
            (
                "sameboat.yml:2:26  privacy-floor  'minimum_group' must be at least 5: figures of "
                "smaller groups are figures of persons"
            ),
        ),
    ],
)
def test_errors_are_words_for_people(write: Write, text: str, words: str) -> None:
    """Where, what and what next; none of the library's own words."""
    assert message(write, text) == words


def test_all_errors_of_all_files_come_together(errors: Errors) -> None:
    """Nobody mends one error to be shown the next."""
    assert errors(
        "name: 5\nteams:\n  sales: {parnt: x}\n  sales: {}\n",
        a="metrics:\n  m: {type: simpel}\n  n: {type: simple}\nmission: x\n",
        b="teams: {sales: {}}\nkpis: {k: }\n",
        c="teams: [\n",
        d=b"teams: {\xff: {}}\n",
    ) == [
        "a.yml:2:13 wrong-type",
        "a.yml:3:3 missing-key",
        "a.yml:3:3 missing-key",
        "a.yml:4:1 root-elsewhere",
        "b.yml:1:9 duplicate-name",
        "b.yml:2:8 missing-key",
        "c.yml:2:1 yaml-syntax",
        "d.yml:1:9 yaml-encoding",
        "sameboat.yml:1:7 wrong-type",
        "sameboat.yml:3:11 unknown-key",
        "sameboat.yml:4:3 duplicate-key",
    ]


def test_load_raises_them_all_as_one_error(write: Write) -> None:
    """The error carries every finding, and its text has a line for each."""
    with pytest.raises(ProjectError) as raised:
        load(write("name: a\nteams: {a: {x: 1}, b: {y: 2}}\n"))
    assert len(raised.value.findings) == 2
    assert len(str(raised.value).splitlines()) == 2


def test_what_is_right_is_kept_beside_what_is_wrong(write: Write) -> None:
    """So that references to right objects can be checked, and wrong ones are not called unknown."""
    examined = examine(write("name: a\nteams: {good: {}, bad: {x: 1}}\n"))
    assert set(examined.project.teams) == {"good"}
    assert examined.project.faulty == {"teams": frozenset({"bad"})}


# ── values ───────────────────────────────────────────────────────────────────────────────────


def test_percentages_are_fractions(write: Write) -> None:
    """`15%` may stand wherever a number may, exactly."""
    project = load(
        write("name: a\nkpis: {k: {metric: m, target: {from: 5%, to: 12.5 %, by: 2026-01-01}}}\n")
    )
    target = project.kpi("k").target
    assert target is not None
    assert (target.from_, target.to) == (0.05, 0.125)


def test_one_filter_and_a_list_of_filters_are_the_same(write: Write) -> None:
    """A short form is read as its long form."""
    text = "name: a\nmetrics:\n  a: {type: simple, table: t, agg: count, filter: x = 1}\n"
    project = load(write(f"{text}  b: {{type: simple, table: t, agg: count, filter: [x = 1]}}\n"))
    assert project.metric("a").filter == project.metric("b").filter == ("x = 1",)


def test_objects_without_keys_may_be_left_empty(write: Write) -> None:
    """`sales:` alone declares a team; a dimension without keys is the column of that name."""
    project = load(
        write("name: a\nteams:\n  sales:\ntables:\n  t: {file: t.csv, dimensions: {d: }}\n")
    )
    assert project.teams["sales"].name == "sales"
    assert project.table("t").dimensions["d"].name == "d"


# ── the project as a value ───────────────────────────────────────────────────────────────────


def test_an_unknown_name_offers_the_nearest(write: Write) -> None:
    """Asking for a metric, table or KPI that is not there says which is near."""
    project = Project.from_mappings(
        tables={"deals": {"file": "deals.csv"}},
        metrics={"won": {"type": "simple", "table": "deals", "agg": "count"}},
        kpis={"wins": {"metric": "won"}},
    )
    assert isinstance(project.metric("won"), Simple)
    for ask, name, code in (
        (project.metric, "wonn", "unknown-metric"),
        (project.table, "deal", "unknown-table"),
        (project.kpi, "win", "unknown-kpi"),
    ):
        with pytest.raises(RequestError, match="Did you mean") as raised:
            ask(name)
        assert raised.value.code == code


def test_a_project_made_by_hand_is_judged_as_files_are() -> None:
    """`from_mappings` takes plain values and raises every finding, without places."""
    with pytest.raises(ProjectError) as raised:
        Project.from_mappings({"format": 3}, teams={"A": {}}, metrics={"m": {}}, metrcs={})
    codes = sorted(finding.code for finding in raised.value.findings)
    assert codes == ["illegal-name", "missing-key", "unknown-key", "wrong-type"]
    assert all(finding.where is None for finding in raised.value.findings)


def test_the_digest_follows_the_definitions_and_nothing_else(write: Write) -> None:
    """Order, comments, files and addresses leave it; any definition changes it."""
    simple = "{type: simple, table: t, agg: count}"
    one = f"metrics: {{a: {simple}, b: {simple}}}"
    two = "# words\nmetrics: {b: {agg: count, table: t, type: simple}}\n"
    first = load(write(f"name: a\n{one}\n")).digest
    moved = load(
        write(
            "store: sqlite:///x.db\nname: a\n",
            m=two,
            n="metrics: {a: {type: simple, table: t, agg: count, unit: }}\n",
        )
    ).digest
    changed = load(
        write(
            "name: a\n", m=two, n="metrics: {a: {type: simple, table: t, agg: count, unit: days}}\n"
        )
    ).digest
    assert first == moved
    assert len({first, changed}) == 2


def test_a_thousand_names_each_keep_their_place(write: Write) -> None:
    """Places hold at size: the last metric is where it was written."""
    lines = "".join(f"  m{at}: {{type: simple, table: t, agg: count}}\n" for at in range(1000))
    project = load(write(m=f"metrics:\n{lines}"))
    assert str(project.place("metrics", "m999", "agg")) == "m.yml:1001:39"
    assert len(project.metrics) == 1000


def test_findings_of_a_file_are_in_reading_order(write: Write) -> None:
    """Line by line, whatever kind they are."""
    found: tuple[Finding, ...] = examine(
        write("name: a\nteams: {X: {}}\nkpis: {k: {metric: m, a: 1}}\nzzz: 1\n")
    ).errors
    assert [finding.where.line for finding in found if finding.where] == [2, 3, 4]


def test_an_ossie_document_is_passed_over_with_the_way_to_import_it(write: Write) -> None:
    """Its lists of metrics are not dbt's, and its keys are no misspelt ones of ours."""
    text = "version: 0.2.0.dev0\nname: x\ndatasets: [{name: a, source: a}]\nmetrics: []\n"
    examined = examine(write(a=text))
    assert examined.errors == ()
    (told,) = examined.project.notices
    assert told.code == "file-skipped"
    assert "sameboat import" in str(told)
