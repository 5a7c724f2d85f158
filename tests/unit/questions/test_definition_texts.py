"""What a definition's text holds: all that decides a metric's figures, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sameboat.project.declared import Project
from sameboat.questions.definition_texts import (
    definition_hash,
    definition_of,
    definition_text,
    differing,
)
from tests.unit.compiler.shop import DECLARED
from tests.unit.compiler.test_kinds import PROJECT


def changed(**metrics: Any) -> Project:
    return Project.from_mappings(**{**DECLARED, "metrics": {**DECLARED["metrics"], **metrics}})


@pytest.mark.parametrize("metric", sorted(PROJECT.metrics))
def test_a_metric_is_read_again_from_its_text(metric: str) -> None:
    """Every kind of metric, with its windows, entities and tables, survives the round trip."""
    text = definition_text(PROJECT, metric)
    again = Project.from_mappings(**json.loads(text))
    assert definition_text(again, metric) == text
    assert definition_hash(again, metric) == definition_hash(PROJECT, metric)


def test_words_owners_and_other_dimensions_do_not_change_a_definition() -> None:
    before = Project.from_mappings(**DECLARED)
    deals = DECLARED["tables"]["deals"]
    more = {**deals["dimensions"], "size": {"expr": "amount"}}
    checks = [{"not_null": "stage"}]
    after = Project.from_mappings(
        tables={**DECLARED["tables"], "deals": {**deals, "dimensions": more, "checks": checks}},
        metrics={
            **DECLARED["metrics"],
            "won": {**DECLARED["metrics"]["won"], "label": "Won deals", "good": "up"},
        },
    )
    for metric in before.metrics:
        assert definition_hash(before, metric) == definition_hash(after, metric)


def test_a_filter_of_an_input_changes_what_is_made_of_it_and_nothing_else() -> None:
    before = Project.from_mappings(**DECLARED)
    after = changed(won={**DECLARED["metrics"]["won"], "filter": "stage = 'Lost'"})
    moved = {m for m in before.metrics if definition_hash(before, m) != definition_hash(after, m)}
    assert moved == {"won", "win_rate", "win_rate_60d"}
    found = differing(definition_of(before, "win_rate"), definition_of(after, "win_rate"))
    assert found == [("metrics", "won", "filter")]


def test_the_dimension_of_a_joined_table_that_a_filter_names_is_part_of_the_definition() -> None:
    before = Project.from_mappings(**DECLARED)
    accounts = DECLARED["tables"]["accounts"]
    spelled = {**accounts["dimensions"], "country": {"expr": "upper(country)"}}
    after = Project.from_mappings(
        tables={**DECLARED["tables"], "accounts": {**accounts, "dimensions": spelled}},
        metrics=DECLARED["metrics"],
    )
    assert definition_hash(before, "uk_share") != definition_hash(after, "uk_share")
    assert definition_hash(before, "won") == definition_hash(after, "won")


def test_a_version_is_part_of_the_hash_and_its_reason_is_not() -> None:
    before = Project.from_mappings(**DECLARED)
    won = DECLARED["metrics"]["won"]
    why = changed(won={**won, "why": "A better word."})
    version = changed(won={**won, "version": 2})
    assert definition_hash(before, "won") == definition_hash(why, "won")
    assert definition_hash(before, "won") != definition_hash(version, "won")


FISCAL = {"calendar": {"timezone": "Europe/London", "week_starts": "sunday"}}


def test_the_calendar_is_part_of_every_definition_and_survives_the_round_trip() -> None:
    """Days of another zone are other figures under the same words."""
    before = Project.from_mappings(**DECLARED)
    after = Project.from_mappings(FISCAL, **DECLARED)
    for metric in before.metrics:
        assert definition_hash(before, metric) != definition_hash(after, metric)
        again = Project.from_mappings(**json.loads(definition_text(after, metric)))
        assert definition_hash(again, metric) == definition_hash(after, metric)
    found = differing(definition_of(before, "won"), definition_of(after, "won"))
    assert found == [("root", "calendar", "timezone"), ("root", "calendar", "week_starts")]


def test_a_calendar_that_says_what_holds_anyway_changes_no_definition() -> None:
    before = Project.from_mappings(**DECLARED)
    said = Project.from_mappings({"calendar": {"week_starts": "monday"}}, **DECLARED)
    assert definition_hash(before, "won") == definition_hash(said, "won")


def test_a_text_that_holds_no_calendar_does_not_differ_by_it() -> None:
    """Programs of before did not record it: nothing is said of what is not known."""
    after = definition_of(Project.from_mappings(FISCAL, **DECLARED), "won")
    old = {section: of for section, of in after.items() if section != "root"}
    assert differing(old, after) == []


RATES = {"file": "rates.csv", "dimensions": {"day": {"type": "time", "grain": "day"}}}


def _with_money(root: dict[str, Any], **deals: Any) -> Project:
    tables = {**DECLARED["tables"], "rates": RATES}
    tables["deals"] = {**tables["deals"], **deals}
    return Project.from_mappings(root, tables=tables, metrics=DECLARED["metrics"])


def test_how_money_is_exchanged_is_part_of_what_adds_it_up_and_of_nothing_else() -> None:
    exchange = {"table": "rates", "from": "one", "to": "other", "time": "day", "rate": "rate"}
    pounds = {"currency": "GBP", "currencies": exchange}
    before, after = (
        _with_money({**pounds, "currency": code}, currency="currency") for code in ("GBP", "EUR")
    )
    assert definition_hash(before, "won") != definition_hash(after, "won")
    again = Project.from_mappings(**json.loads(definition_text(before, "won")))
    assert definition_hash(again, "won") == definition_hash(before, "won")
    other = {**pounds, "currencies": {**exchange, "stale_after": "2 days"}}
    longer = _with_money(other, currency="currency")
    found = differing(definition_of(before, "won"), definition_of(longer, "won"))
    assert found == [("root", "currencies", "currencies")]
    single = [_with_money({**pounds, "currency": code}) for code in ("GBP", "EUR")]
    assert definition_hash(single[0], "won") == definition_hash(single[1], "won")
