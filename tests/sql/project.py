"""The shop's project with what only some engines spell in a way of their own."""

from __future__ import annotations

from typing import Any

from sameboat.compiler.compile import compile_request
from sameboat.compiler.dialects import dialect
from sameboat.compiler.joins import Graph
from sameboat.compiler.plan import World
from sameboat.project.declared import Project
from sameboat.project.viewer import OWNER
from sameboat.questions.asking import request_of
from tests.unit.compiler.shop import DECLARED

METRICS: dict[str, Any] = {
    **DECLARED["metrics"],
    "large": {
        "type": "simple", "table": "deals", "agg": "percentile", "percentile": 0.9,
        "expr": "amount",
    },
    "large_real": {
        "type": "simple", "table": "deals", "agg": "percentile", "percentile": 0.9,
        "expr": "amount", "discrete": True,
    },
    "large_about": {
        "type": "simple", "table": "deals", "agg": "percentile", "percentile": 0.9,
        "expr": "amount", "approximate": True,
    },
    "days_open": {"type": "duration", "table": "deals", "start": "opened_on", "end": "closed_on"},
    "months_open": {
        "type": "simple", "table": "deals", "agg": "average",
        "expr": "date_diff('month', opened, closed)",
    },
    "touch_to_deal": {
        "type": "conversion", "base": "touches", "converted": "won", "entity": "account",
        "window": "90 days",
    },
    "touch_to_deal_count": {
        "type": "conversion", "base": "touches", "converted": "won", "entity": "account",
        "calculation": "conversions",
    },
    "daily_deals": {
        "type": "simple", "table": "deals", "agg": "count", "join_to_time_spine": True,
        "fill_nulls_with": 0,
    },
    "deals_quarter_before": {
        "type": "derived", "expr": "before",
        "metrics": [{"metric": "deals", "offset_window": "1 quarter", "alias": "before"}],
    },
}  # fmt: skip
PROJECT = Project.from_mappings(tables=DECLARED["tables"], metrics=METRICS)
WORLD = World(PROJECT.tables, PROJECT.metrics, Graph(PROJECT.tables))


def sql(spelling: str, *metrics: str, **asked: Any) -> str:
    """The SQL of a request in a dialect."""
    request = request_of(PROJECT, metrics=metrics, **asked)
    return compile_request(WORLD, request, viewer=OWNER, spelling=dialect(spelling)).sql
