"""A company that breaks every rule that its files can show, each of them once."""

from __future__ import annotations

BAD = """\
format: 1
name: bad
as_of: 2026-06-01T00:00:00Z
principles: {most_kpis: 1}
teams: {sales: {}, product: {}}
objectives:
  come: {statement: They come., horizon: short}
  wish: {statement: They dance., horizon: short}
tables:
  deals:
    file: deals.csv
    subject: none
    time: closed_on
    dimensions: {closed_on: {type: time, grain: day}, sales_rep: {}}
metrics:
  calls_made: {type: simple, table: deals, agg: sum, expr: calls, kind: outcome}
  won: {type: simple, table: deals, agg: count, filter: "stage = 'Won' and size > 3", kind: input}
  victories: {type: simple, table: deals, agg: count, filter: ["3 < size", "'Won' = stage"],
    kind: input}
  all: {type: simple, table: deals, agg: count, kind: output, unit: count, good: up}
  rate: {type: ratio, numerator: won, denominator: all, kind: outcome, unit: percent, good: up}
kpis:
  rate:
    metric: rate
    objective: come
    owners:
      - {team: sales, lever: won, effect: {moves: same, review_by: 2026-03-31}}
      - {team: product, lever: all}
    steward: sales
    target: {to: 50%, by: 2027-01-31}
    guardrails: [{metric: all, min: 10}]
    gaming: Closing bad deals.
  rate_two: &good
    metric: rate
    objective: come
    owners: [{team: sales, lever: won}, {team: product, lever: victories}]
    steward: sales
    target: {since: 2026-01-31, from: 40%, to: 50%, by: 2027-01-31}
    guardrails: [{metric: all, min: 10}]
    gaming: Closing bad deals.
  rate_three: *good
  rate_four: *good
  # allow: one-owner
  bare:
    metric: rate
    horizon: short
    owners: [{team: sales}]
    steward: sales
    target: {since: 2026-01-31, from: 40%, to: 50%, by: 2027-01-31}
drivers:
  # allow: no-guardrail until 2026-05-31: it was to be mended
  # allow: no-guardrail until 2026-12-31: there is none here
  - {metric: rate, influenced_by: won, moves: same}
"""
