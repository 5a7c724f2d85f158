"""What the people of Harbourline have recorded: the decision that waits on the board."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

PROPOSED_AT = datetime(2026, 10, 19, 9, 30, tzinfo=UTC)
"""When the open decision was put before the others."""

OPEN_DECISION: Mapping[str, Any] = {
    "id": "p_2026_014",
    "title": "Fund the £40k advocacy campaign?",
    "description": (
        "Ask 60 more advocates to nominate operators. Nominations lead referral leads by six "
        "weeks, and referral leads fit twice as often as the average lead."
    ),
    "kpi": "lead_to_customer_conversion",
    "predicts": {
        "effect": 0.005,
        "low": 0.001,
        "high": 0.009,
        "confidence": 0.80,
        "per": "week",
        "by": "2027-03-19",  # week 20 after the decision
    },
    "cost": {
        "money": 40_000,
        "hours": {"campaign_manager": 50, "account_executive": 30, "success_manager": 40},
    },
    "teams": ["marketing", "customer_success", "sales"],
    "guardrails": [
        {"metric": "discount_share", "max": 0.25},
        {"metric": "csat", "worse_by": 0.02},
    ],
    "stop_by": "2027-02-12",
    "closes_on": "2026-10-30",
}
"""The proposal that closes on Friday 30 October 2026, in the shape of the format's `proposals:`."""
