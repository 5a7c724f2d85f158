"""Which shared KPIs the data could feed, and what is missing for the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sameboat.project.names import words
from sameboat.questions.first_look.keys import Keys
from sameboat.questions.first_look.measures import MetricDraft
from sameboat.questions.first_look.profile import Profile
from sameboat.questions.first_look.tables import TableDraft

State = Literal["written", "possible", "missing"]


@dataclass(frozen=True)
class Fed:
    """A KPI template against the data: written already, possible with `says`, or what it lacks."""

    kpi: str
    state: State
    says: str


@dataclass(frozen=True)
class _Data:
    tables: Sequence[TableDraft]
    profiles: Mapping[str, Profile]
    keys: Keys
    metrics: Sequence[MetricDraft]

    def columns(self, *wanted: str) -> list[tuple[str, str]]:
        """Every (table, column) with one of these words in its name."""
        return [
            (table.name, column.name)
            for table in self.tables
            for column in self.profiles[table.name].columns
            if column.filled and set(words(column.name)) & set(wanted)
        ]

    def called(self, *wanted: str) -> list[TableDraft]:
        """Every table with one of these words in its name."""
        return [
            t for t in self.tables
            if {*words(t.name), *words(self.keys.entities[t.name])} & set(wanted)
        ]  # fmt: skip

    def written(self, fits: Callable[[MetricDraft], bool]) -> list[str]:
        return [metric.name for metric in self.metrics if fits(metric)]


def templates(
    tables: Sequence[TableDraft],
    profiles: Mapping[str, Profile],
    keys: Keys,
    metrics: Sequence[MetricDraft],
) -> tuple[Fed, ...]:
    """Every KPI template, those that are written or possible first."""
    data = _Data(tables, profiles, keys, metrics)
    judged = [judge(data) for judge in _TEMPLATES]
    order = {"written": 0, "possible": 1, "missing": 2}
    return tuple(sorted(judged, key=lambda fed: order[fed.state]))


def _win_rate(data: _Data) -> Fed:
    made = data.written(lambda m: m.name.startswith("win_rate"))
    if made:
        return Fed("win rate", "written", f"as {made[0]}")
    return Fed("win rate", "missing", "a status of deals with values such as Won and Lost")


def _conversion(data: _Data) -> Fed:
    first = [t for t in data.called("lead", "visit", "session", "signup", "trial", "prospect",
                                    "quote", "touch") if t.time]  # fmt: skip
    then = [t for t in data.called("opportunity", "deal", "order", "sale", "subscription",
                                   "purchase", "invoice", "win") if t.time]  # fmt: skip
    for base in first:
        for bought in then:
            shared = {e.name for e in base.entities} & {e.name for e in bought.entities}
            if shared:
                says = f"{base.name} → {bought.name} by {min(shared)} (type: conversion)"
                return Fed("conversion", "possible", says)
    made = data.written(lambda m: "converted" in m.name and m.key("type") == "ratio")
    if made:
        return Fed("conversion", "written", f"as {made[0]}")
    if not first:
        return Fed("conversion", "missing", "a table of leads, trials or visits with a time")
    if not then:
        return Fed("conversion", "missing", "a table of orders, deals or sign-ups with a time")
    says = f"a key that {first[0].name} and {then[0].name} share, such as account_id"
    return Fed("conversion", "missing", says)


def _nrr(data: _Data) -> Fed:
    found = data.columns("mrr", "arr", "recurring")
    for name, column in sorted(found, key=lambda one: len(words(one[1]))):
        table = next(t for t in data.tables if t.name == name)
        buyer = [e.name for e in table.entities if e.type == "foreign"]
        if table.time and buyer:
            says = f"{name}.{column} by {buyer[0]} and month (type: retention, method: nrr)"
            return Fed("net revenue retention", "possible", says)
    return Fed(
        "net revenue retention", "missing",
        "recurring revenue per account and month (columns like account_id, month, mrr)",
    )  # fmt: skip


def _retention(data: _Data) -> Fed:
    sold = data.called("sale", "sales", "order", "purchase", "invoice", "subscription", "charge",
                       "payment", "usage", "login", "session")  # fmt: skip
    for table in sold:
        if table.time is None or table.subject not in ("account", "contact"):
            continue
        column = table.whose.removeprefix("by ")
        profile = data.profiles[table.name]
        held = next((c for c in profile.columns if c.name == column), None)
        if held is not None and 0 < held.distinct * 1.2 < profile.rows:
            says = f"{table.name} by {column} and {table.time} (type: retention, method: logo)"
            return Fed("retention", "possible", says)
    return Fed(
        "retention",
        "missing",
        "customers that come back: orders or usage with a customer and a time",
    )


def _nps(data: _Data) -> Fed:
    made = data.written(lambda m: m.key("method") == "nps")
    if made:
        return Fed("NPS", "written", f"as {made[0]}")
    for name, column in data.columns("score", "rating", "value", "nps"):
        held = data.profiles[name].column(column)
        asked = any(t.name == name for t in data.called("survey", "response", "answer", "nps"))
        whole = held.kind == "integer" and held.low is not None and held.low >= 0
        if asked and whole and 5 < held.high <= 10:
            return Fed("NPS", "possible", f"{name}.{column} (type: survey, method: nps)")
    return Fed("NPS", "missing", "answers from 0 to 10 to 'would you recommend us?', with a time")


def _csat(data: _Data) -> Fed:
    made = data.written(lambda m: m.key("method") == "csat")
    if made:
        return Fed("CSAT", "written", f"as {made[0]}")
    for name, column in data.columns("satisfaction", "csat", "rating", "score"):
        held = data.profiles[name].column(column)
        if held.kind == "integer" and held.low is not None and 1 <= held.low < held.high <= 5:
            return Fed("CSAT", "possible", f"{name}.{column} (type: survey, method: csat)")
    return Fed("CSAT", "missing", "answers from 1 to 5 to 'how satisfied are you?', with a time")


def _time_to_market(data: _Data) -> Fed:
    tables = {t.name for t in data.called("project", "feature", "release", "kep", "initiative",
                                          "epic", "idea")}  # fmt: skip
    made = data.written(lambda m: m.key("type") == "duration" and m.key("table") in tables)
    if made:
        return Fed("time to market", "written", f"as {made[0]}")
    return Fed("time to market", "missing", "projects with the day of the idea and of the release")


def _resolution(data: _Data) -> Fed:
    tables = {t.name for t in data.called("ticket", "incident", "case", "issue", "event")}
    made = data.written(lambda m: m.key("type") == "duration" and m.key("table") in tables)
    if made:
        return Fed("time to resolution", "written", f"as {made[0]}")
    return Fed("time to resolution", "missing", "tickets with the times of opening and solving")


def _adoption(data: _Data) -> Fed:
    used = [t for t in data.called("usage", "event", "login", "session", "activity") if t.time]
    named = {name for name, _ in data.columns("feature", "page", "screen", "event", "product")}
    used = [table for table in used if table.name in named]
    if used and used[0].pseudonymous:
        who = used[0].pseudonymous[0].column
        return Fed("product adoption", "possible", f"different {who} of {used[0].name} per month")
    return Fed("product adoption", "missing", "product events with a user or account and a time")


def _success(data: _Data) -> Fed:
    teams = data.columns("team", "teams", "department", "group", "sig")
    status = [m for m in data.metrics if m.key("type") == "ratio"]
    tables = {name for name, _ in teams}
    for ratio in status:
        top = next((m for m in data.metrics if m.name == ratio.key("numerator")), None)
        if top is not None and top.key("table") in tables:
            column = next(c for name, c in teams if name == top.key("table"))
            says = f"{ratio.name}, where {column} names more than one team"
            return Fed("cross-departmental project success", "possible", says)
    return Fed(
        "cross-departmental project success", "missing",
        "projects with a status and the teams that took part",
    )  # fmt: skip


def _resources(data: _Data) -> Fed:
    work = {table.name for table in data.called("work", "log", "timesheet", "spend", "effort")}
    held = data.columns("hours", "minutes", "stunden", "spend", "amount")
    held = [
        (name, column)
        for name, column in held
        if name in work and data.profiles[name].column(column).is_number
    ]
    teams = {name for name, _ in data.columns("team", "department", "group")}
    for name, column in held:
        if name in teams:
            return Fed("resource optimisation", "possible", f"{name}.{column} by team")
    return Fed("resource optimisation", "missing", "hours or money per team and what they went to")


def _lacking(kpi: str, needs: str, *signs: str) -> Callable[[_Data], Fed]:
    def judge(data: _Data) -> Fed:
        tables = data.called(*signs)
        if tables:
            return Fed(kpi, "possible", f"from {tables[0].name}: {needs}")
        return Fed(kpi, "missing", needs)

    return judge


_TEMPLATES: Iterable[Callable[[_Data], Fed]] = (
    _win_rate,
    _conversion,
    _nrr,
    _retention,
    _nps,
    _csat,
    _time_to_market,
    _resolution,
    _adoption,
    _lacking("loyalty", "members or repeat buyers with their orders", "loyalty"),
    _lacking(
        "advocate growth", "advocates and their referrals with a time", "advocate", "referral"
    ),
    _lacking("innovation index", "ideas with what became of them", "idea", "innovation"),
    _success,
    _resources,
)
