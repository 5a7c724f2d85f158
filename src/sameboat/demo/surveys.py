"""What customers answer, and what the people who work here answer."""

from __future__ import annotations

import numpy as np

from sameboat.demo.chance import Ints, beyond, means, routine, settled, whole
from sameboat.demo.company import (
    CORE,
    MONTHS,
    SHOWN_MONTHS,
    Columns,
    Company,
    account_ids,
    cut,
    day_in_month,
    ids,
    month_start,
    months_of,
    people,
    present,
    spelled,
    words,
)
from sameboat.demo.subscriptions import Book
from sameboat.demo.support import Tickets
from sameboat.demo.truths import TRUTHS

PROMISE_KEPT = 0.74
CSAT_ANSWERS, SATISFIED = 0.22, 0.86
QUESTIONS = ("q1", "q2", "q3", "q4", "q5", "q6")
WAVE_MONTHS = (0, 3, 6, 9, 12, 15, 18, 21, 24, 27)
ANSWERING = (15, 26, 18, 11, 38, 13)
"""How many people of each team answer the culture pulse."""


def response_table(company: Company, book: Book, tickets: Tickets) -> Columns:
    """Answers to the monthly NPS survey and to the question after a ticket, by day."""
    rng = company.rng("survey responses")
    month, score = _nps_scores(rng)
    account = np.concatenate(
        [rng.choice(book.account[book.active(int(m))], n) for m, n in enumerate(np.bincount(month))]
    )
    day = day_in_month(rng, month)
    done = tickets.resolved.astype("datetime64[D]")
    asked = np.flatnonzero(rng.random(len(done)) < CSAT_ANSWERS)
    asked = asked[done[asked] < month_start(np.array([MONTHS]))[0]]
    asked_month = months_of(done[asked])
    good = settled(
        lambda: np.asarray(rng.random(len(asked)) < SATISFIED),
        lambda flags: means(asked_month, flags, SHOWN_MONTHS),
    )
    stars = np.where(good, rng.choice((4, 5), len(asked), p=(0.38, 0.62)),
                     rng.choice((1, 2, 3), len(asked), p=(0.2, 0.3, 0.5)))  # fmt: skip
    first, second = len(month), len(asked)
    day = np.concatenate((day, done[asked]))
    order = np.argsort(day, kind="stable")
    count = first + second
    is_nps = np.arange(count) < first
    account = np.concatenate((account, tickets.account[asked]))
    ticket = np.concatenate((np.zeros(first, np.int64), asked + 1))
    nps_month = np.where(is_nps, months_of(day), -1)
    kept = settled(
        lambda: np.asarray(rng.random(count) < PROMISE_KEPT),
        lambda flags: means(nps_month, flags, SHOWN_MONTHS),
    )
    _, mail = people(rng, count)
    columns: Columns = {
        "response_id": ids("R-", np.argsort(order) + 1, 6),
        "kind": words(("csat", "nps"), is_nps),
        "responded_on": day,
        "account_id": account_ids(account),
        "respondent_id": ids("con-", account * 10 + rng.integers(0, 9, count), 6),
        "score": np.concatenate((score, stars)),
        "promise_kept": present(kept, is_nps),
        "ticket_id": ids("TK-", ticket, 6, present=~is_nps),
        "respondent_email": mail,
    }
    return cut(columns, order[company.known(day[order])])


def _nps_scores(rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Month and score of every answer; each month's NPS is a routine draw around its centre."""
    truth = TRUTHS.dip
    last = SHOWN_MONTHS - 1
    ends = (truth.before - truth.centre, truth.latest - truth.centre)
    noise = beyond(rng, routine(rng, SHOWN_MONTHS, 4.6, ends=ends), 4.6, MONTHS)
    answers = rng.integers(196, 226, MONTHS)
    answers[last] = truth.responses
    lead = whole(answers * (truth.centre + noise) / 100)  # promoters less detractors
    detractors = whole(answers * (0.18 - noise / 250))
    promoters = lead + detractors
    passives = answers - promoters - detractors
    month = np.repeat(np.arange(MONTHS), answers)
    group = np.tile((0, 1, 2), MONTHS)
    group = np.repeat(group, np.column_stack((detractors, passives, promoters)).ravel())
    low = rng.choice(7, len(group), p=(0.03, 0.02, 0.05, 0.1, 0.15, 0.25, 0.4))
    score = np.where(group == 0, low, np.where(group == 1, rng.integers(7, 9, len(group)),
                                               rng.integers(9, 11, len(group))))  # fmt: skip
    return month, score


def pulse_table(company: Company) -> Columns:
    """The culture pulse: one row per answer, with a team and never a name."""
    rng = company.rng("pulse")
    waves = np.array(WAVE_MONTHS)
    person_team = np.repeat(np.arange(CORE), ANSWERING)
    size, questions = len(person_team), len(QUESTIONS)
    each = size * questions
    wave = np.repeat(waves, each)
    person = np.tile(np.repeat(np.arange(size), questions), len(waves))
    question = np.tile(np.arange(questions), size * len(waves))
    team = person_team[person]
    centre = np.array((3.7, 3.6, 3.5, 3.6, 3.4, 3.1))[question] - np.where(
        team == 3, TRUTHS.pulse.a_quarter * wave / 3, 0.0
    )
    score = np.clip(np.rint(rng.normal(centre, 0.9)), 1, 5).astype(np.int64)
    day = month_start(wave) + 12
    columns: Columns = {
        "wave": day,
        "team": spelled(rng, team),
        "question": words(QUESTIONS, question),
        "score": score,
        "respondent_id": ids("emp-", person * 7 + 11, 4),
    }
    return cut(columns, company.known(day) & (rng.random(len(day)) < 0.93))
