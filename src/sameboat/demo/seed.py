"""What the people of Harbourline have recorded: the decision on the board, and how it went."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sameboat.actions.decide import decide
from sameboat.actions.propose import propose
from sameboat.demo.stands import JANUARY, Stand
from sameboat.project.viewer import OWNER_ACTOR
from sameboat.store.connect import Store
from sameboat.store.proposals import proposal

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

DECIDED_AT = datetime(2026, 10, 30, 15, 0, tzinfo=UTC)
"""When it was decided: the day on which it closed."""

DECIDED: Mapping[str, Any] = {
    "at": DECIDED_AT.isoformat(),
    "verdict": "fund",
    "by_role": "leadership",
    "pool": "growth",
}
"""What was decided, in the shape of the format's `decided:`."""


def seed(store: Store, stand: Stand) -> None:
    """Record what people had recorded by then; what is there already stays as it is."""
    name = OPEN_DECISION["id"]
    if proposal(store, name) is None:
        propose(store, actor=OWNER_ACTOR, proposal=OPEN_DECISION, now=PROPOSED_AT)
    there = proposal(store, name)
    if stand == JANUARY and there is not None and there.status == "open":
        decide(
            store, actor=OWNER_ACTOR, proposal=name, decided=DECIDED, version=there.version,
            now=DECIDED_AT,
        )  # fmt: skip
