"""What later exports say otherwise about the past: rows that came late, values put right."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from sameboat.demo.company import (
    WINDOW_DAYS,
    Columns,
    Company,
    account_ids,
    ids,
    money,
    spelled,
    words,
)
from sameboat.demo.truths import TRUTHS

IMPORTED = 900_001
"""The systems number what is entered by hand from here on."""


def as_known(company: Company, name: str, columns: Columns) -> Columns:
    """The table as its system knows it on the day of the export.

    Rows that came late stand at its end, as imports do; everything else keeps its place.
    """
    told = CORRECTIONS.get(name)
    return columns if told is None else told(company, columns)


def _fair_leads(company: Company, columns: Columns) -> Columns:
    """The leads of a summer fair, entered in November; none of them became a customer."""
    truth = TRUTHS.late
    if company.until < truth.leads_known:
        return columns
    rng = company.rng("late leads")
    count = truth.leads
    day = np.full(count, np.datetime64(truth.leads_created))
    vessels = rng.integers(2, 12, count)
    nobody = pa.nulls(count, pa.string())
    rows: Columns = {
        "lead_id": ids("L-", IMPORTED + np.arange(count), 6),
        "created_at": day.astype("datetime64[s]") + 9 * 3600 + 60 * np.arange(count),
        "source": words(("events",), np.zeros(count, dtype=np.int64)),
        "region": words(("Nordics",), np.zeros(count, dtype=np.int64)),
        "product_interest": words(("berths",), np.zeros(count, dtype=np.int64)),
        "vessels": vessels,
        "vessel_band": words(("fewer than 5", "5 to 19"), vessels >= 5),
        "right_fit": rng.random(count) < 0.4,
        "trial_setup_finished": np.zeros(count, dtype=bool),
        "first_reply_minutes": rng.integers(70, 900, count),
        "window_ends_on": day + WINDOW_DAYS,
        "window_closed": np.ones(count, dtype=bool),
        "converted_within_90d": np.zeros(count, dtype=bool),
        "signed_on": np.full(count, np.datetime64("NaT", "D")),
        "account_id": nobody,
        "owner_team": spelled(rng, np.zeros(count, dtype=np.int64)),
        "owner_name": nobody,
        "contact_name": nobody,
        "contact_email": nobody,
    }
    return _with_rows(columns, rows)


def _paper_answers(company: Company, columns: Columns) -> Columns:
    """September's survey on paper, typed in in December."""
    truth = TRUTHS.late
    if company.until < truth.answers_known:
        return columns
    rng = company.rng("late answers")
    count = len(truth.answers)
    account = 1 + np.arange(count)
    rows: Columns = {
        "response_id": ids("R-", IMPORTED + np.arange(count), 6),
        "kind": words(("nps",), np.zeros(count, dtype=np.int64)),
        "responded_on": np.full(count, np.datetime64(truth.answers_on)),
        "account_id": account_ids(account),
        "respondent_id": ids("con-", account * 10 + 9, 6),
        "score": np.array(truth.answers),
        "promise_kept": rng.random(count) < 0.6,
        "ticket_id": pa.nulls(count, pa.string()),
        "respondent_email": pa.nulls(count, pa.string()),
    }
    return _with_rows(columns, rows)


def _discounts_put_right(company: Company, columns: Columns) -> Columns:
    """Deals of October that were booked without the discount that the customer had been given."""
    truth = TRUTHS.late
    if company.until < truth.discounts_known:
        return columns
    first, last = (np.datetime64(day) for day in truth.discounts_closed)
    closed = columns["close_date"]
    won = np.asarray(columns["stage"].to_pylist()) == "Won"
    booked = won & (closed >= first) & (closed <= last) & (columns["discount_pct"] == 0)
    wrong = np.flatnonzero(booked)[: truth.discounts]
    discount, amount = columns["discount_pct"].copy(), columns["amount"].copy()
    discount[wrong] = truth.discount
    amount[wrong] = money(amount[wrong] * (1 - truth.discount))
    return {**columns, "discount_pct": discount, "amount": amount}


def _with_rows(columns: Columns, rows: Columns) -> Columns:
    """The columns with rows at their end; a new row has a value for each of them."""
    return {name: _joined(values, rows[name]) for name, values in columns.items()}


def _joined(values: object, more: object) -> object:
    if isinstance(values, pa.Array):
        added = more if isinstance(more, pa.Array) else pa.array(more)
        return pa.concat_arrays([values, added.cast(values.type)])
    return np.concatenate((np.asarray(values), np.asarray(more)))


CORRECTIONS: dict[str, Callable[[Company, Columns], Columns]] = {
    "leads": _fair_leads,
    "survey_responses": _paper_answers,
    "opportunities": _discounts_put_right,
}
"""By table, what later exports know better."""
