"""Every rule of the principles, in the order in which the reference tells them."""

from __future__ import annotations

from collections.abc import Mapping

from sameboat.errors import CODES, UsageError, did_you_mean
from sameboat.project.principles.rule import PRINCIPLES, Rule

_ALIGNED = (
    Rule(
        "no-objective", "aligned",
        "A KPI that serves no objective cannot say why it is watched, and nobody can tell whether "
        "it may be dropped.",
        "kpis:\n  conversion: {metric: conversion}",
        "kpis:\n  conversion: {metric: conversion, objective: the_right_customers_choose_us}",
    ),
    Rule(
        "orphan-objective", "aligned",
        "An objective that no KPI serves is a wish: nobody can see whether it comes closer.",
        "objectives:\n  ports_love_us: {statement: Every port recommends us.}",
        "objectives:\n  ports_love_us: {statement: Every port recommends us.}\n"
        "kpis:\n  port_score: {metric: port_score, objective: ports_love_us}",
    ),
    Rule(
        "unused-metric", "aligned",
        "A number that nobody has asked for in a quarter costs upkeep and attention, and helps no "
        "decision. It is counted per metric and day, never per person.",
        "A metric that no board, page or query has shown for 90 days, although uses were counted "
        "all that time.",
        "Retire it with `retired:` and `replaced_by:`, or put it before those who decide by it.",
        severity="notice", needs="record",
    ),
)  # fmt: skip

_SHARED = (
    Rule(
        "one-owner", "cross-functional",
        "One outcome needs at least two teams that own it together. A KPI with one owner is a "
        "departmental target: the others can let it sink without sinking with it.",
        "kpis:\n  retention: {metric: retention, owners: [{team: support, lever: first_reply}]}",
        "kpis:\n  retention:\n    metric: retention\n    owners: [{team: support, lever: "
        "first_reply}, {team: product, lever: setup_done}]",
    ),
    Rule(
        "owner-without-lever", "cross-functional",
        "A team without a lever can watch the number but not move it; where everybody owns "
        "everything, nobody does anything.",
        "owners: [{team: support}, {team: product, lever: setup_done}]",
        "owners: [{team: support, lever: first_reply}, {team: product, lever: setup_done}]",
    ),
    Rule(
        "lever-not-input", "cross-functional",
        "A lever is what a team moves itself. An output or an outcome is what comes of it, so that "
        "naming it as a lever says 'win more' to those who asked how. A metric of kind "
        "`guardrail` may be a lever: a limit is something that a team holds.",
        "metrics:\n  won_deals: {kind: output}\nkpis:\n  growth:\n    owners: [{team: sales, "
        "lever: won_deals}]",
        "metrics:\n  replies_within_hour: {kind: input}\nkpis:\n  growth:\n    owners: [{team: "
        "sales, lever: replies_within_hour}]",
    ),
    Rule(
        "opposed-goals", "cross-functional",
        "Where one team's goal gets better in just the periods in which another team's gets worse, "
        "the two teams are set against each other, and the sum stays where it is. It is told only "
        "where the whole range of the relation, widened for all pairs that were looked at, lies "
        "below -0.3, and never for two figures that share a part.",
        "Marketing is to raise leads, support is to lower tickets per account, and in the data "
        "every month of more leads is one of more tickets.",
        "Give both teams one shared KPI above the two, and make each figure the other's guardrail.",
        needs="record",
    ),
)  # fmt: skip

_OUTCOMES = (
    Rule(
        "activity-as-outcome", "outcomes",
        "Tickets resolved, lines of code, posts written and calls made say how busy people are. "
        "Steered by, they go up, and what customers get does not. A metric is judged by its name "
        "and by what it computes: only plain volumes, and volumes per head or period, are told; a "
        "denominator or a revenue per call is not.",
        "metrics:\n  tickets_resolved: {type: simple, table: tickets, agg: count, kind: outcome}",
        "metrics:\n  tickets_resolved: {type: simple, table: tickets, agg: count, kind: activity}\n"
        "  reopened_share: {type: ratio, numerator: reopened, denominator: tickets_resolved, "
        "kind: outcome}",
    ),
    Rule(
        "decoupled-metric", "outcomes",
        "A lever is steered by because it moves a shared KPI. Once it is the goal itself, it is "
        "raised in ways that move nothing (Goodhart's law). It is told where a lever, an edge of "
        "the tree or a team's own goal moved with its KPI and no longer does, or improves while "
        "the KPI stays flat, and only where that stands among all that were looked at.",
        "Support is given money by resolved tickets: in a year they rise by a third, and the "
        "time-to-market and the net promoter score of support's shared KPIs stay where they were.",
        "Ask what would move the KPI now, and steer by that; retire the metric or correct the "
        "edge.",
        needs="record",
    ),
    Rule(
        "target-incomplete", "outcomes",
        "A target without its date is a wish, and one without where it starts has no path: nobody "
        "can say in between whether it is being reached.",
        "target: {to: 60%, by: 2027-06-30}",
        "target: {since: 2026-07-01, from: 52%, to: 60%, by: 2027-06-30}",
    ),
    Rule(
        "target-never-met", "outcomes",
        "A target that was missed in every one of twelve periods or more steers nobody: it is "
        "explained away each time.",
        "Twelve months in a row under the path of the target.",
        "Change the process, or set a path that starts where the process is.",
        needs="record",
    ),
    Rule(
        "target-always-met", "outcomes",
        "A target that every one of the last twelve periods or more has met asks for nothing.",
        "A target of 95 % for a figure that has been between 96 % and 98 % for a year.",
        "Set it where customers would notice, or keep the figure as a guardrail.",
        severity="notice", needs="record",
    ),
    Rule(
        "target-inside-noise", "outcomes",
        "Where the target lies within a third of the way from the centre to the limit of routine "
        "variation, about one period in six meets it by chance alone: a month on target is then no "
        "evidence that anything was done.",
        "A score that swings between 21 and 53 around 37, with a target of 42.",
        "Judge by the centre of several periods, or aim beyond the limits with a change to the "
        "process.",
        severity="notice", needs="record",
    ),
)  # fmt: skip

_BALANCED = (
    Rule(
        "no-guardrail", "balanced",
        "Without a guardrail the number can be raised at others' cost.",
        "kpis:\n  conversion: {metric: conversion}",
        "kpis:\n  conversion: {metric: conversion, guardrails: [{metric: discount_share, "
        "max: 0.25}]}",
    ),
    Rule(
        "one-horizon", "balanced",
        "Shared KPIs that are all short-term eat the future, and KPIs that are all long-term tell "
        "too late. The horizon is the KPI's own, else that of its objective.",
        "kpis:\n  bookings: {horizon: short}\n  win_rate: {horizon: short}",
        "kpis:\n  bookings: {horizon: short}\n  retention: {horizon: long}",
    ),
    Rule(
        "too-many-kpis", "balanced",
        "Nobody can steer by more numbers than fit on a page. The most is 9, or what "
        "`principles: {most_kpis: …}` in sameboat.yml says.",
        "Fourteen KPIs in one project.",
        "Keep those that decide something together; make the others levers or guardrails.",
    ),
    Rule(
        "hypergranular", "balanced",
        "Many small numbers hide the few that matter, and each costs somebody's time. The index is "
        "the mean of four parts, each measured against what can be steered; over 1 it is told, "
        "with all its parts.",
        "Three KPIs with 21 metrics watched for each of them.",
        "Watch one lever per owner and one or two guardrails per KPI; retire what serves none.",
    ),
    Rule(
        "duplicate-metric", "balanced",
        "Two names for one definition become two truths as soon as one of them is changed.",
        "metrics:\n  revenue: {type: simple, table: deals, agg: sum, expr: amount}\n"
        "  turnover: {type: simple, table: deals, agg: sum, expr: amount}",
        "metrics:\n  revenue: {type: simple, table: deals, agg: sum, expr: amount, synonyms: "
        "[turnover]}",
    ),
    Rule(
        "same-values", "balanced",
        "Two figures that move alike in every period say one thing twice, whatever their "
        "definitions say.",
        "Two levers whose changes from week to week are the same ones, up to their scale.",
        "Keep the one that people understand.",
        severity="notice", needs="record",
    ),
)  # fmt: skip

_TRUST = (
    Rule(
        "person-dimension", "trust",
        "A dimension of names or numbers of people makes every figure one about a person. The team "
        "is the smallest unit, and who is measured alone works for the measure.",
        "tables:\n  deals:\n    dimensions: {sales_rep: {}}",
        "tables:\n  deals:\n    dimensions: {sales_team: {}}\n    personal: [sales_rep]",
    ),
    Rule(
        "no-gaming-note", "trust",
        "A number that is steered by will be gamed; saying how makes it visible and takes the "
        "accusation out of it.",
        "kpis:\n  conversion: {metric: conversion}",
        "kpis:\n  conversion: {metric: conversion, gaming: Entering leads late.}",
    ),
    Rule(
        "past-review", "trust",
        "What a team believed about a lever a year ago may no longer be so. An edge or a metric "
        "past its `review_by` is steered by on credit.",
        "effect: {moves: same, evidence: belief, review_by: 2026-03-31}",
        "effect: {moves: same, evidence: observational, review_by: 2027-03-31}",
    ),
    Rule(
        "sample-too-small", "trust",
        "With few cases per period the figure jumps for no reason. A share needs five cases on its "
        "smaller side, a median or an average ten values, a survey thirty answers, a count five.",
        "A weekly share of nine projects.",
        "Judge it at the next coarser grain, such as `signal: {grain: quarter}`.",
        needs="record",
    ),
    Rule(
        "allow-incomplete", "trust",
        "A breach may be allowed for a reason and until a day, so that it is decided again.",
        "# allow: one-owner",
        "# allow: one-owner until 2027-01-31: support joins after its reorganisation",
    ),
    Rule(
        "allow-expired", "trust",
        "The day until which a breach was allowed has passed; it counts again.",
        "# allow: one-owner until 2024-01-31: support joins after its reorganisation",
        "Mend it, or decide again and give a new day.",
    ),
    Rule(
        "allow-unused", "trust",
        "A comment that allows what is not there any more hides the next breach.",
        "# allow: one-owner until 2027-01-31: above a KPI with two owners",
        "Take the comment out.",
    ),
)  # fmt: skip

RULES: Mapping[str, Rule] = {
    rule.code: rule for rule in (*_ALIGNED, *_SHARED, *_OUTCOMES, *_BALANCED, *_TRUST)
}
"""Every rule by its code."""


def explained(code: str) -> str:
    """What a code means, for people: a rule with its reason, example and better alternative.

    Codes that are no rule are told in one line. Raises UsageError for a code that there is not.
    """
    rule = RULES.get(code)
    if rule is None:
        if code not in CODES:
            raise UsageError(
                "unknown-code", f"{code!r} is not a code of a finding.",
                hint=did_you_mean(code, [*RULES, *CODES]),
            )  # fmt: skip
        return f"{code}: {CODES[code]}"
    return "\n".join(
        [
            f"{code} ({rule.severity}): {rule.title}",
            f"Principle: {rule.principle}. {PRINCIPLES[rule.principle]}",
            "",
            rule.why,
            "",
            "Example:",
            *(f"  {line}" for line in rule.example.splitlines()),
            "Better:",
            *(f"  {line}" for line in rule.better.splitlines()),
        ]
    )
