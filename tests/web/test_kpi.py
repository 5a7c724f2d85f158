"""What the page of one KPI shows, and its CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from sameboat.questions.phases import PhaseProposal
from sameboat.questions.series import Chance, SignalPoint, Verdict
from tests.web import answers
from tests.web.conftest import Client, House, page
from tests.web.reading import Node, drawn_values, pixel


def test_the_kpi_page_heads_with_verdict_value_path_target_and_chance(inside: Client) -> None:
    tree = page(inside, "/kpi/conversion")
    assert tree.one("h1").text == "Lead-to-customer conversion"
    assert tree.all(css="tag")[0].text == "Signal, worse: 8 weeks below centre"
    assert tree.one("dl", "hero").text == (
        "Week to 25 Oct 4.1% n = 1,680 leads Path says 5.4% Target, Jun 2027 6.0% Chance to hit 9%"
    )


def test_every_point_of_the_process_chart_is_in_its_table_twin(inside: Client) -> None:
    tree = page(inside, "/kpi/conversion")
    rows = {
        int(row.get("data-i")): row
        for row in tree.by_id("t-process").all("tr")
        if row.get("data-i")
    }
    series = answers.conversion_series()
    assert sorted(rows) == list(range(len(series.values)))
    charts = [svg for svg in tree.all("svg") if svg.get("data-twin") == "t-process"]
    assert [len(drawn_values(chart)) for chart in charts] == [52, 52, 104, 104, 104]
    for chart in charts:
        for index, value in drawn_values(chart).items():
            cell = [c for c in rows[index].children if isinstance(c, Node)][
                int(chart.get("data-col"))
            ]
            said = float(cell.one("data").get("value"))
            assert said == series.values[index]
            assert value == pytest.approx(said, abs=pixel(chart))


def test_numerator_and_denominator_end_with_the_latest_values_of_their_table(
    inside: Client,
) -> None:
    tree = page(inside, "/kpi/conversion")
    newest = tree.by_id("t-ratio").one("tbody").all("tr")[0]
    assert newest.text == "25 Oct 2026 69 1,680"
    assert tree.by_id("t-ratio").one("thead").text == "Week to New customers Leads"
    charts = [svg for svg in tree.all("svg") if svg.get("data-twin") == "t-ratio"]
    assert {chart.get("data-col") for chart in charts} == {"1", "2"}


def test_which_rule_fired_is_said_with_its_points(inside: Client) -> None:
    assert page(inside, "/kpi/conversion").one("ul", "rules").text == (
        "Eight points in a row on one side of the centre: 8 points, 6 Sept 2026 to 25 Oct 2026."
    )


def test_sections_state_what_they_show(inside: Client) -> None:
    heads = [head.text for head in page(inside, "/kpi/conversion").all("h2")]
    assert "October is 1.0 points below October 2025" in heads
    assert "Three teams own it together" in heads
    assert "Guardrails hold" in heads
    assert "Leads 29% above the mean before, new customers 6% above" in heads
    assert "By Source: 2.1% (Paid social) to 8.3% (Partner)" in heads


def test_a_signal_compares_both_sides_since_it_began_as_its_sentence_does(
    inside: Client, house: House
) -> None:
    """Sentence and section tell one comparison, and both say with what."""
    kpi = house.kpis["conversion"]
    since = kpi.series.periods[kpi.series.latest - 3]  # type: ignore[operator]
    house.kpis["conversion"] = replace(kpi, since_on=since)
    sides = [side for side in (kpi.denominator, kpi.numerator) if side is not None]
    moves = []
    for side in sides:
        values = [value for value in side.values if value is not None][-8:]
        moves.append(sum(values[4:]) / sum(values[:4]) - 1)
    leads, customers = (f"{abs(move):.0%} {'above' if move > 0 else 'below'}" for move in moves)
    tree = page(inside, "/kpi/conversion")
    heads = [head.text for head in tree.all("h2")]
    assert f"Leads {leads} the 4 weeks before, new customers {customers}" in heads
    words = [head.text for head in tree.all("h3")]
    assert f"Leads per week: {leads} the 4 weeks before" in words


def test_a_point_names_every_rule_that_singled_it_out(inside: Client, house: House) -> None:
    kpi = house.kpis["conversion"]
    at = kpi.series.signals[-1].index
    more = (*kpi.series.signals, SignalPoint(at, "below the lower limit"))
    house.kpis["conversion"] = replace(kpi, series=replace(kpi.series, signals=more))
    said = f"signal: {kpi.series.signals[-1].rule}, below the lower limit"
    tree = page(inside, "/kpi/conversion")
    assert any(row.text.endswith(said) for row in tree.all("tr"))


def test_a_broken_guardrail_is_said_in_the_head(inside: Client, house: House) -> None:
    kpi = house.kpis["conversion"]
    rails = (replace(kpi.guardrails[0], holds=False), *kpi.guardrails[1:])
    house.kpis["conversion"] = replace(kpi, guardrails=rails)
    heads = [head.text for head in page(inside, "/kpi/conversion").all("h2")]
    assert "One guardrail broken" in heads


def test_a_suppressed_segment_shows_its_reason_and_no_n(inside: Client) -> None:
    rows = [row.text for row in page(inside, "/kpi/conversion").all("tr")]
    assert "Trade fair fewer than 10: not shown –" in rows


def test_the_sql_and_the_definition_are_on_the_page(inside: Client) -> None:
    tree = page(inside, "/kpi/conversion")
    assert "select account_id, min(created_at)" in tree.one("pre").text
    assert "kpis.yml:12" in tree.one("dl", "facts").text


def test_a_kpi_without_any_data_says_why_in_every_section(inside: Client, house: House) -> None:
    kpi = house.kpis["conversion"]
    house.kpis["conversion"] = replace(
        kpi, value=None, value_reason="no leads in the week", chance=Chance(None, "too few points"),
        series=replace(kpi.series, periods=(), values=(), phases=(), signals=(), complete=(),
                       reasons=(), moving_range=(), moving_range_limit=None),
        numerator=None, denominator=None, weeks=None, months=None, year_before=None, target=None,
        happenings=(), levers=(), guardrails=(), segments=(), steward=None, note=None, since=None,
        verdict=Verdict("undefined", "Undefined: no denominator"), why=None,
    )  # fmt: skip
    text = page(inside, "/kpi/conversion").by_id("main").text
    for said in (
        "Not known no leads in the week", "There is no line to draw: no leads in the week",
        "It is not a ratio", "No weeks and months to compare yet", "Nobody owns it yet",
        "No guardrail is named", "No steward is named", "None set",
    ):  # fmt: skip
        assert said in text


def test_an_incomplete_week_is_marked_in_chart_and_table(inside: Client, house: House) -> None:
    kpi = house.kpis["conversion"]
    complete = (True,) * 103 + (False,)
    house.kpis["conversion"] = replace(kpi, series=replace(kpi.series, complete=complete))
    tree = page(inside, "/kpi/conversion")
    newest = tree.by_id("t-process").one("tbody").all("tr")[0]
    assert "4.1% so far" in newest.text
    charts = [svg for svg in tree.all("svg") if svg.get("data-twin") == "t-process"]
    assert all(len(chart.all("circle", "pi")) == 1 for chart in charts)


def test_the_csv_holds_every_point_with_plain_numbers(inside: Client) -> None:
    answer = inside.get("/kpi/conversion.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    series = answers.conversion_series()
    assert [float(row["value"]) for row in rows] == list(series.values)
    assert [row["period"] for row in rows] == [day.isoformat() for day in series.periods]


def test_text_in_a_csv_cannot_act_as_a_formula_and_numbers_stay_numbers(
    inside: Client, house: House
) -> None:
    kpi = house.kpis["conversion"]
    rule = '=HYPERLINK("http://x")'
    signals = tuple(replace(signal, rule=rule) for signal in kpi.series.signals)
    values = (-0.5, *kpi.series.values[1:-1], None)
    reasons = (*(None,) * 103, "@bad\r\nline")
    house.kpis["conversion"] = replace(
        kpi, series=replace(kpi.series, values=values, signals=signals, reasons=reasons, unit="+x")
    )
    rows = list(csv.DictReader(io.StringIO(inside.get("/kpi/conversion.csv").text, newline="")))
    assert rows[0]["value"] == "-0.5"
    assert rows[-1]["value"] == ""
    assert rows[-1]["reason"] == "'@bad\r\nline"
    assert rows[-1]["signal"] == f"'{rule}"
    assert rows[0]["unit"] == "'+x"


def test_a_chart_of_another_metric_says_so_and_draws_no_target(
    inside: Client, house: House
) -> None:
    """A rolling KPI is watched month by month: its target belongs to the rolling figure."""
    watched = "New revenue, month by month"
    row = replace(house.board.rows[0], watched=watched)
    house.board = replace(house.board, rows=(row,))
    house.kpis["conversion"] = replace(house.kpis["conversion"], watched=watched)
    found = page(inside).one("article", "row")
    assert f"Drawn: {watched}" in found.text
    assert not found.all("circle", "tmark")
    tree = page(inside, "/kpi/conversion")
    assert f"Drawn: {watched}. The target is set for Lead-to-customer conversion" in tree.text
    charts = [svg for svg in tree.all("svg") if svg.get("data-twin") == "t-process"]
    assert all(not chart.all("circle", "tmark") for chart in charts)
    assert all(chart.get("aria-label").startswith(watched) for chart in charts)
    assert watched in tree.by_id("t-process").one("thead").text


def test_a_change_that_nobody_declared_is_proposed_on_chart_table_text_and_csv(
    inside: Client, house: House
) -> None:
    """In words, with the line of YAML and a patch to download; the limits are as they were."""
    one = PhaseProposal(
        kpi="conversion", index=96, at=answers.NOW.date(), period="2026-W36", kind="level",
        before=0.053, after=0.043, event="conversion_2026_08_31",
        words="A new level seems to begin in the week from 31 August: 5.3% before, 4.3% since.",
        line="conversion_2026_08_31: {from: 2026-08-31, kpis: [conversion], phase: true}",
    )  # fmt: skip
    house.kpis["conversion"] = replace(house.kpis["conversion"], proposed_phases=(one,))
    tree = page(inside, "/kpi/conversion")
    part = tree.by_id("phases")
    assert part.text.startswith(one.words)
    assert one.line in part.one("pre").text
    assert one.command in part.text
    assert part.one("form").get("action") == "/kpi/conversion/phase.patch"
    row = next(r for r in tree.by_id("t-process").all("tr") if r.get("data-i") == "96")
    assert "new level seems to begin" in row.text
    charts = [svg for svg in tree.all("svg") if svg.get("data-twin") == "t-process"]
    assert all("New level?" in chart.text for chart in charts)
    assert all("a new level seems to begin" in chart.get("aria-label") for chart in charts)
    rows = list(csv.DictReader(io.StringIO(inside.get("/kpi/conversion.csv").text)))
    assert rows[96]["change"] == "new level seems to begin"
    assert rows[95]["change"] == ""
