"""What pages show: the answer's values, nothing else, and a reason where there is none."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
from dataclasses import replace

import pytest

from sameboat.errors import RequestError, StoreError
from sameboat.project.viewer import OWNER
from sameboat.questions.series import Chance, Verdict
from sameboat.web.assets import read_assets
from sameboat.web.site import Progress
from tests.web import answers
from tests.web.conftest import Client, House
from tests.web.reading import Node, drawn_values, pixel, read

HOSTILE = "</script><img src=x onerror=alert(1)>\"'&{{7*7}}"
PAGES = ("/", "/kpi/conversion", "/search", "/search?q=reply", "/how-to-read", "/nope", "/kpi/nope")


def page(client: Client, path: str = "/") -> Node:
    return read(client.get(path).text)


# ── the board ────────────────────────────────────────────────────────────────────────────────


def test_the_board_shows_every_row_in_the_answers_order(inside: Client, house: House) -> None:
    rows = page(inside).all("article", "row")
    assert [row.one("h2").text for row in rows] == [row.label for row in house.board.rows]
    assert [row.all(css="v")[0].text for row in rows] == [r.verdict.words for r in house.board.rows]


def test_each_row_says_value_chance_target_and_who_pulls_which_lever(inside: Client) -> None:
    row = page(inside).all("article", "row")[0]
    assert row.one(css="val").text == "4.1%"
    assert "9%" in row.one(css="chance").text
    assert "to reach 6.0% by June" in row.one(css="chance").text
    assert [item.text for item in row.all("li")] == [
        "Marketingright-fit share of leads",
        "Salesreply within one hour",
        "Producttrial set-up finished",
    ]


def test_what_is_not_known_has_its_reason_and_no_number(inside: Client) -> None:
    row = page(inside).all("article", "row")[-1]
    assert row.one(css="chance").text == "Not known until the source is back"
    assert not row.one(css="chance").all("svg")


def test_a_missing_value_is_a_reason_never_a_zero(inside: Client, house: House) -> None:
    row = replace(
        house.board.rows[0], value=None, value_reason="no leads that week", note=None,
        series=replace(house.board.rows[0].series, values=(None,) * 26, phases=(), signals=()),
        verdict=Verdict("undefined", "Undefined: no denominator"),
    )  # fmt: skip
    house.board = replace(house.board, rows=(row,))
    found = page(inside).one("article", "row")
    assert found.one(css="rv").text == "Not known no leads that week"
    assert not found.one(css="rc").all("svg")
    assert "no leads that week" in found.one(css="rc").text


def test_the_boards_table_twin_says_what_the_rows_say(inside: Client, house: House) -> None:
    tables = page(inside).by_id("twin").all("table")
    rows = tables[0].one("tbody").all("tr")
    assert [cell.text for cell in rows[0].children if isinstance(cell, Node)] == [
        "Lead-to-customer conversion", "Signal, worse: 8 weeks below centre", "4.1%", "5.3%",
        "4.3 to 6.3", "6.0% by June", "9%",
    ]  # fmt: skip
    assert len(rows) == len(house.board.rows)


def test_every_point_drawn_on_the_board_is_in_its_table_twin(inside: Client, house: House) -> None:
    """Read back from the drawing's pixels, at every width."""
    tree = page(inside)
    for row in house.board.rows:
        twin = tree.by_id(f"p-{row.kpi}")
        said = {
            int(cell.get("data-i")): float(cell.all("data")[0].get("value"))
            for cell in twin.all("td")
            if cell.all("data")
        }
        charts = [svg for svg in tree.all("svg") if svg.get("data-twin") == f"p-{row.kpi}"]
        assert len(charts) == 2
        for chart in charts:
            drawn = drawn_values(chart)
            assert drawn.keys() == said.keys()
            for index, value in drawn.items():
                assert value == pytest.approx(said[index], abs=pixel(chart))
                assert said[index] == row.series.values[index]


def test_the_open_decision_shows_its_prediction_and_leads_to_its_kpi(inside: Client) -> None:
    decision = page(inside).one("section", "decision")
    assert decision.one("h2").text == "Fund the £40k advocacy campaign?"
    assert "Chance that it helps: 95%; 80% range +0.1 to +0.9 points" in decision.text
    assert decision.one("a", "btn").get("href") == "/kpi/conversion"


def test_a_board_without_a_decision_has_no_place_for_one(inside: Client, house: House) -> None:
    house.board = replace(house.board, decision=None)
    assert not page(inside).all("section", "decision")


def test_freshness_is_told_in_the_readers_zone(inside: Client, house: House) -> None:
    zone = dt.timezone(dt.timedelta(hours=2))
    house.clock.at = answers.NOW.astimezone(zone)
    fresh = page(inside).one("p", "fresh").text
    assert "Refreshed Monday 26 Oct, 08:10 · 11 of 12 sources fresh" in fresh


# ── states of a page ─────────────────────────────────────────────────────────────────────────


def test_before_the_first_refresh_the_board_says_what_to_run(inside: Client, house: House) -> None:
    house.board = answers.empty_board()
    tree = page(inside)
    assert tree.one("h1").text == "No refresh yet"
    assert tree.one("pre").text == "sameboat refresh"


def test_while_the_first_refresh_runs_the_page_says_how_far_it_is(
    inside: Client, house: House
) -> None:
    house.board = answers.empty_board()
    house.progress = Progress(14, 20, 3.2)
    tree = page(inside)
    assert "14 of 20 metrics, about 3 s left" in tree.by_id("main").text
    assert [meta.get("http-equiv") for meta in tree.all("meta")].count("refresh") == 1


def test_while_a_later_refresh_runs_the_old_numbers_stay(inside: Client, house: House) -> None:
    house.progress = Progress(2, 20)
    tree = page(inside)
    assert "A refresh is running: 2 of 20 metrics." in tree.by_id("main").text
    assert len(tree.all("article", "row")) == 7


def test_an_old_refresh_is_called_old(house: House) -> None:
    house.clock.at += dt.timedelta(days=10)
    client = Client(house.app()).sign_in()
    assert "Nothing was refreshed for 10 days" in page(client).one("p", "notice").text


def test_a_project_without_kpis_says_how_to_declare_one(inside: Client, house: House) -> None:
    house.board = replace(house.board, rows=(), decision=None)
    assert "kpis:" in page(inside).by_id("main").text


def test_an_error_says_code_what_and_what_next(inside: Client, house: House) -> None:
    house.error = StoreError("store-locked", "another process writes", hint="Wait and try again.")
    answer = inside.get("/")
    assert answer.status_code == 503
    said = read(answer.text).one("pre").text
    assert said == "store-locked another process writes Wait and try again."


def test_what_does_not_exist_is_404_with_the_nearest_name(inside: Client) -> None:
    answer = inside.get("/kpi/npss")
    assert answer.status_code == 404
    assert "Did you mean 'nps'?" in read(answer.text).one("pre").text


def test_an_unforeseen_failure_shows_no_traceback(
    inside: Client, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.error = ValueError("secret detail")
    answer = inside.get("/")
    assert answer.status_code == 500
    assert "internal-error" in answer.text
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text
    assert "secret detail" in caplog.text


def test_the_api_answers_errors_in_one_json_shape(inside: Client, outside: Client) -> None:
    for answer, status, code in (
        (inside.get("/api/nothing"), 404, "page-not-found"),
        (outside.get("/api/nothing"), 401, "sign-in-needed"),
        (inside.post("/api/nothing", headers={}), 403, "foreign-origin"),
    ):
        assert answer.status_code == status
        error = answer.json()["error"]
        assert error["code"] == code
        assert error.keys() == {"code", "message", "where", "hint", "severity", "findings"}
        assert error["findings"][0]["message"] == error["message"]


# ── one KPI ──────────────────────────────────────────────────────────────────────────────────


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
    assert "Leads 29% above their earlier mean, new customers 6% above" in heads
    assert "By Source: 2.1% (Paid social) to 8.3% (Partner)" in heads


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


# ── CSV ──────────────────────────────────────────────────────────────────────────────────────


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


# ── every page ───────────────────────────────────────────────────────────────────────────────


def assert_nothing_inline(tree: Node) -> None:
    for node in tree.walk():
        assert node.tag != "style"
        assert "style" not in node.attributes, node
        assert not [name for name in node.attributes if name.startswith("on")], node
        if node.tag == "script":
            assert node.get("src").startswith("/assets/")
            assert not node.text
        for name in ("href", "src", "action", "formaction", "data-twin"):
            value = node.attributes.get(name)
            if value is not None and name != "data-twin":
                assert value.startswith(("/", "#")), (node.tag, value)
                assert not value.startswith("//")


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_well_formed_and_hold_nothing_inline_or_outside(
    inside: Client, path: str
) -> None:
    tree = page(inside, path)
    assert_nothing_inline(tree)
    ids = [node.get("id") for node in tree.walk() if node.get("id")]
    assert len(ids) == len(set(ids))
    for node in tree.walk():
        for name in ("aria-labelledby", "for", "data-twin"):
            if node.get(name):
                assert node.get(name) in ids, (node.tag, name, node.get(name))
    assert len(tree.all("h1")) == 1
    assert len(tree.all("main")) == 1
    assert tree.one("html").get("lang") == "en-GB"


def test_the_sign_in_page_holds_nothing_inline(outside: Client) -> None:
    assert_nothing_inline(page(outside))


def test_no_link_is_dead(inside: Client) -> None:
    """Every address that a page links to answers."""
    waiting, seen = ["/"], set()
    while waiting:
        path = waiting.pop()
        if path in seen or path.startswith("#"):
            continue
        seen.add(path)
        asked = path.partition("#")[0]
        answer = inside.get(asked)
        known = asked.startswith("/kpi/") and asked != "/kpi/conversion"
        assert answer.status_code == 200 or known, path
        if answer.headers["content-type"].startswith("text/html"):
            waiting += [link.get("href") for link in read(answer.text).all("a")]
    assert "/how-to-read#keys" in seen


def test_every_chart_has_a_sentence_or_is_said_in_words_beside(inside: Client) -> None:
    for path in ("/", "/kpi/conversion"):
        for chart in page(inside, path).all("svg", "chart"):
            named = chart.get("role") == "img" and len(chart.get("aria-label")) > 20
            assert named or chart.get("aria-hidden") == "true"


def test_hostile_names_are_text_everywhere(inside: Client, house: House) -> None:
    """Company, mission, labels, reasons, units, teams, events, SQL: none becomes markup."""
    board, kpi = house.board, house.kpis["conversion"]
    pull = replace(board.rows[0].pulls[0], team_label=HOSTILE, lever_label=HOSTILE)
    rows = tuple(
        replace(
            row, label=HOSTILE, why=HOSTILE, note=HOSTILE, unit=HOSTILE, pulls=(pull,),
            verdict=replace(row.verdict, words=f"Signal: {HOSTILE}"),
            chance=Chance(None, HOSTILE), series=replace(row.series, unit=HOSTILE, label=HOSTILE),
        )
        for row in board.rows
    )  # fmt: skip
    decision = board.decision and replace(
        board.decision, title=HOSTILE, summary=HOSTILE, kpi_label=HOSTILE, unit=HOSTILE
    )
    house.board = replace(
        board, company=HOSTILE, mission=HOSTILE, headline=HOSTILE, rows=rows, decision=decision,
        period=HOSTILE, definitions=HOSTILE,
    )  # fmt: skip
    house.kpis["conversion"] = replace(
        kpi, company=HOSTILE, label=HOSTILE, objective_label=HOSTILE, unit=HOSTILE, why=HOSTILE,
        since=HOSTILE, steward=HOSTILE, period=HOSTILE,
        series=replace(kpi.series, unit=HOSTILE, label=HOSTILE),
        happenings=tuple(replace(h, label=HOSTILE, note=HOSTILE) for h in kpi.happenings),
        levers=tuple(replace(lever, pull=pull, unit=HOSTILE) for lever in kpi.levers[:1]),
        guardrails=tuple(replace(rail, label=HOSTILE, limit=HOSTILE) for rail in kpi.guardrails),
        segments=tuple(replace(one, dimension=HOSTILE, value=HOSTILE) for one in kpi.segments),
        definition=replace(kpi.definition, sql=HOSTILE, description=HOSTILE, gaming=HOSTILE,
                           sources=(HOSTILE,), file=HOSTILE, numerator=HOSTILE),
    )  # fmt: skip
    for path in ("/", "/kpi/conversion", "/search?q=%3Cscript%3E", "/search"):
        tree = page(inside, path)
        assert_nothing_inline(tree)
        assert not tree.all("img")
        assert "49" not in tree.one("title").text
    assert HOSTILE in page(inside, "/kpi/conversion").one("pre").text


def test_questions_are_asked_with_the_sessions_viewer_and_the_moment(
    inside: Client, house: House
) -> None:
    inside.get("/kpi/conversion?as_known_at=2026-10-01T09:00")
    assert house.asked[-1] == (
        "conversion", OWNER, dt.datetime(2026, 10, 1, 9, tzinfo=dt.UTC),
    )  # fmt: skip
    assert "As it was known at" in inside.get("/?as_known_at=2026-10-01").text


def test_a_moment_that_is_none_is_refused_with_its_code(inside: Client) -> None:
    answer = inside.get("/?as_known_at=yesterday")
    assert answer.status_code == 400
    assert "request-invalid" in answer.text


@pytest.mark.parametrize(
    ("language", "value", "lang"),
    [("de-DE", "4,1", "en"), ("en-US", "4.1", "en-US"), ("xx;q=9", "4.1", "en-GB"),
     ("fr;q=0.2, de;q=0.9", "4,1", "en"), ("*", "4.1", "en-GB"), (",;q=,=", "4.1", "en-GB")],
)  # fmt: skip
def test_numbers_follow_the_browsers_language(
    inside: Client, language: str, value: str, lang: str
) -> None:
    tree = read(inside.get("/", headers={"accept-language": language}).text)
    assert tree.all("p", "val")[0].text.startswith(value)
    assert tree.one("html").get("lang") == lang


def test_the_theme_is_known_before_the_first_paint(inside: Client) -> None:
    assert "data-theme" not in page(inside).one("html").attributes
    answer = inside.post("/theme", data={"theme": "dark", "back": "/kpi/conversion"})
    assert answer.headers["location"] == "/kpi/conversion"
    assert page(inside).one("html").get("data-theme") == "dark"


@pytest.mark.parametrize(
    "back",
    ["//attacker.example", "https://attacker.example", "/\\attacker.example", "", "x", "/\t/x"],
)
def test_the_way_back_never_leads_out_of_the_app(inside: Client, back: str) -> None:
    answer = inside.post("/theme", data={"theme": "dark", "back": back})
    assert answer.headers["location"] == "/"


def test_an_unknown_theme_is_not_kept(inside: Client) -> None:
    inside.post("/theme", data={"theme": "x onload=y", "back": "/"})
    inside.cookies.set("sameboat_theme", '"><script>')
    assert "data-theme" not in page(inside).one("html").attributes


# ── search ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("conversion", ["Lead-to-customer conversion"]),
        ("REPLY hour", ["Lead-to-customer conversion"]),
        (
            "customer success",
            ["Weekly active accounts", "Net revenue retention", "Customer retention"],
        ),
        ("nothing at all", []),
    ],
)  # fmt: skip
def test_search_finds_kpis_by_name_lever_and_team(
    inside: Client, query: str, found: list[str]
) -> None:
    tree = read(inside.get("/search", params={"q": query}).text)
    names = [item.all("a")[0].text for item in tree.one("ul", "results").all("li")]
    assert sorted(names) == sorted(found)


def test_search_without_words_lists_every_kpi(inside: Client, house: House) -> None:
    assert len(page(inside, "/search").one("ul", "results").all("li")) == len(house.board.rows)


# ── assets ───────────────────────────────────────────────────────────────────────────────────


def test_assets_are_kept_forever_under_the_name_of_their_content(outside: Client) -> None:
    for asset in read_assets().values():
        answer = outside.get(asset.url)
        assert answer.content == asset.content
        assert "immutable" in answer.headers["cache-control"]
        again = outside.get(asset.url, headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304
        assert not again.content
        assert outside.get(asset.url.replace(asset.hash, "0" * 12)).status_code == 404


@pytest.mark.parametrize("name", ["../app.py", "..%2fapp.py", "built", "", "app.css%00"])
def test_nothing_but_assets_is_served_as_an_asset(outside: Client, name: str) -> None:
    assert outside.get(f"/assets/000000000000/{name}").status_code in (404, 401)


def test_script_and_style_of_any_page_fit_into_60_kb() -> None:
    assets = read_assets()
    sizes = {name: len(gzip.compress(assets[name].content)) for name in ("app.css", "app.js")}
    assert sum(sizes.values()) <= 60_000, sizes


def test_search_errors_are_not_taken_for_pages(inside: Client, house: House) -> None:
    house.error = RequestError("request-invalid", "cannot be asked")
    assert inside.get("/search").status_code == 400


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
