"""The answers that the page of exercises prints are those of hand-written SQL on raw files."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pytest

from sameboat.demo.messy import write_messy
from tests.demo.conftest import Ask

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "demo.md"
NPS = (
    "select 100.0 * (count(*) filter (score >= 9) - count(*) filter (score <= 6)) / count(*) "
    "from {} where kind = 'nps' and responded_on between date '2026-09-01' and date '2026-09-30'"
)


@pytest.fixture(scope="module")
def answers() -> dict[int, str]:
    """The table at the end of the page."""
    table = PAGE.read_text(encoding="utf-8").partition("## Answers")[2]
    return {int(number): said for number, said in re.findall(r"\| (\d) \| (.*) \|", table)}


def test_every_question_has_an_answer(answers: dict[int, str]) -> None:
    asked = re.findall(r"\((\d)\) ", PAGE.read_text(encoding="utf-8"))
    assert sorted(answers) == sorted(int(number) for number in asked) == [*range(1, 9)]


def test_leader(ask: Ask, answers: dict[int, str]) -> None:
    rows = ask(
        "select avg(converted_within_90d::int) from leads where window_closed "
        "and window_ends_on >= date '2025-07-07' group by date_trunc('week', window_ends_on) "
        "order by min(window_ends_on)"
    )
    rates = np.array([rate for (rate,) in rows])
    below = next(n for n in range(len(rates)) if rates[-n - 1] > rates[:-8].mean())
    assert answers[1] == f"Lead-to-customer conversion, for {below} weeks"
    [(nps,)] = ask(NPS.format("survey_responses"))
    assert f"{nps:.1f} lies inside" in answers[2]


def test_analyst(ask: Ask, answers: dict[int, str]) -> None:
    [(source, rate)] = ask(
        "select source, avg(converted_within_90d::int) as rate from leads where window_closed "
        "and window_ends_on >= date '2026-08-31' group by 1 order by rate limit 1"
    )
    assert answers[3] == f"{source}, {rate:.2%}".replace("%", " %")
    [(used,)] = ask(
        "select sum(worked_minutes) / sum(available_minutes) from team_weeks where team in "
        "('Support', 'support', 'Service Desk') and week between date '2026-07-01' "
        "and date '2026-09-30'"
    )
    assert answers[4] == f"{used:.1%}".replace("%", " %")
    [(discount, stay)] = ask(
        "select case when discount_pct > 0.2 then 'over 20%' "
        "when discount_pct > 0 then 'up to 20%' "
        "else 'none' end as discount, "
        "avg((cancelled_on is null or cancelled_on > close_date + interval 1 year)::int) as kept "
        "from opportunities join accounts using (account_id) where stage = 'Won' "
        "and close_date between date '2025-01-01' and date '2025-09-30' "
        "group by 1 order by kept limit 1"
    )
    assert answers[8] == f"those with a discount {discount}: {100 * stay:.1f} % stay"


def test_operator(ask: Ask, answers: dict[int, str]) -> None:
    [(loaded,)] = ask("select max(_loaded_at)::date from projects")
    assert loaded == date(2026, 10, 23)
    assert answers[5].endswith(f"since {loaded.day} {loaded:%B}")


def test_steward(ask: Ask, answers: dict[int, str], january_tables: Path) -> None:
    [(then,)] = ask(NPS.format("survey_responses"))
    [(now,)] = ask(NPS.format(f"'{january_tables}/survey_responses.parquet'"))
    assert answers[6] == f"{then:.1f}, now {now:.1f}"


def test_untidy_files(answers: dict[int, str], tmp_path: Path) -> None:
    """Counted by an engine that is told encoding, header and decimal comma by hand."""
    _, deals, _ = write_messy(tmp_path)
    plain = tmp_path / "plain.csv"
    plain.write_text(deals.read_bytes().decode("cp1252"), encoding="utf-8")
    [(rate, total)] = duckdb.sql(
        "select count(*) filter (status = 'Won') / count(*) filter (status in ('Won', 'Lost')), "
        "sum(replace(amount, ',', '.')::decimal(12, 2)) "
        f"from read_csv('{plain}', delim = ';', skip = 2, header = true, all_varchar = true)"
    ).fetchall()
    assert answers[7] == f"{rate:.1%}, {total:,}".replace("%", " %")
