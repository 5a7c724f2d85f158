"""The mock's tree as an answer: two objectives, a shared lever, a sum that does not hold."""

from __future__ import annotations

import datetime as dt

from sameboat.periods import Span
from sameboat.project.model import Per
from sameboat.questions.arithmetic import Checked, Difference
from sameboat.questions.series import Pull, Verdict
from sameboat.questions.teams import Lever, Team, TeamLine, Teams
from sameboat.questions.tree.answer import Branch, KpiNode, Node, ObjectiveNode, Tree, judgement
from sameboat.questions.tree.edges import Edge
from sameboat.questions.tree.figures import Source
from sameboat.questions.tree.observed import Observed
from tests.web.answers import NOW

ROUTINE = Verdict("routine", "Routine: no action")
WORSE = Verdict("worse", "Signal, worse: 8 weeks below centre")
SUM = "right_fit * trial"
LEADS = (Source("leads", "Leads", "data/leads.parquet"),)


def node(name: str, label: str, value: float | None, verdict: Verdict = ROUTINE) -> Node:
    """A lever of percent by week."""
    return Node(
        name, label, "percent", "up", verdict, value, None if value is not None else "no value",
        "week", dt.date(2026, 10, 19), "a / b", "all.yml:12", LEADS,
    )  # fmt: skip


def branch(
    edge: Edge,
    below: Node,
    *,
    checked: Checked | None = None,
    observed: Observed | None = None,
    expired: bool = False,
    branches: tuple[Branch, ...] = (),
) -> Branch:
    """An edge judged as the question judges it."""
    teams = tuple((team, team.replace("_", " ").title()) for team in edge.teams)
    judged = judgement(edge, checked, observed)
    return Branch(edge, below, teams, checked, observed, judged, expired, branches)


def tree() -> Tree:
    """The whole answer."""
    broken = Checked(SUM, "month", 24, (Difference(dt.date(2026, 9, 1), 0.05, 0.04),))
    right_fit = branch(
        Edge("conversion", "right_fit", "arithmetic", "same", formula=SUM, kpi="conversion",
             teams=("marketing",)),
        node("right_fit", "Right-fit share of leads", 0.28, WORSE), checked=broken,
        observed=Observed("conversion", "week", 104, 0.6, 0.4, 0.8, 1e-6),
    )  # fmt: skip
    replies = branch(
        Edge("conversion", "replies", "experiment", "same", Span(4, "week"), dt.date(2027, 6, 30),
             "reply_test", Per(change=0.01, gives=0.002, low=0.001, high=0.003),
             kpi="conversion", teams=("sales",)),
        node("replies", "First reply within one hour", 0.64),
        observed=Observed("conversion", "week", 100, 0.3, 0.1, 0.5, 0.004),
    )  # fmt: skip
    referrals = branch(
        Edge("conversion", "referrals", "observational", "same", Span(3, "month"),
             dt.date(2026, 9, 30)),
        node("referrals", "Referral leads", None), expired=True,
        observed=Observed("conversion", "week", 7, reason="n = 7"),
        branches=(
            branch(
                Edge("referrals", "nominations", "belief", "same"),
                node("nominations", "Nominations", 0.2),
                observed=Observed("referrals", "week", 90, -0.5, -0.8, -0.2, 0.0004),
            ),
        ),
    )  # fmt: skip
    shared = branch(
        Edge("retention", "replies", "belief", "same", kpi="retention", teams=("sales", "support")),
        node("replies", "First reply within one hour", 0.64),
    )
    kpis = (
        kpi("conversion", "Lead-to-customer conversion", 0.041, WORSE, broken,
            (right_fit, replies, referrals)),
        kpi("retention", "Customer retention", 0.916, ROUTINE, None, (shared,)),
    )  # fmt: skip
    return Tree(
        company="Harbourline",
        mission="Every crossing leaves on time, and every operator would recommend us.",
        headline="Two levers reach the mission. One of them is pulling the wrong way.",
        objectives=(
            ObjectiveNode("come", "Operators choose us", "They choose us.", "short", kpis[:1]),
            ObjectiveNode("stay", "Customers stay and grow", "", "long", kpis[1:]),
            ObjectiveNode("ship", "We ship as one", "", None, ()),
        ),
        refreshed_at=NOW,
        minimum_group=10,
        definitions="v41",
        demo=False,
    )


def kpi(
    name: str,
    label: str,
    value: float,
    verdict: Verdict,
    checked: Checked | None,
    branches: tuple[Branch, ...],
) -> KpiNode:
    """A KPI of percent."""
    return KpiNode(
        name, label, name, "percent", verdict, value, None,
        tuple(Pull(t, t.title(), b.edge.child, b.node.label) for b in branches
              for t in b.edge.teams),
        "Sales until 31 December, then Marketing", checked, SUM if checked else None,
        "kpis.yml:3", LEADS, branches,
    )  # fmt: skip


def teams() -> Teams:
    """Two teams of today and one that became another."""
    return Teams(
        (
            TeamLine("sales", "Sales", 1, 2, True, None),
            TeamLine("support", "Support", 1, 1, True, "part of Sales"),
            TeamLine("marketing", "Marketing", 0, 0, False, "became Sales"),
        ),
        tree(),
    )


def team(name: str) -> Team:
    """A team that pulls replies; what support's lever says is kept back."""
    grown = tree()
    found = [(one, b) for one in grown.kpis for b in one.branches if name in b.edge.teams]
    levers = tuple(
        Lever(
            branch, one, (("sales" if name == "support" else "support", "The others", "Replies"),),
            "It rests on data about employees." if name == "support" else None,
        )
        for one, branch in found
    )  # fmt: skip
    return Team(
        name, name.title(), ("support", "Support") if name == "sales" else None,
        dt.date(2026, 2, 1), None, (), (), (), True, levers, grown.kpis[:1], grown,
    )  # fmt: skip
