"""An explanation as the mock shows it: the mix of sources moved."""

from __future__ import annotations

import datetime as dt

from sameboat.questions.series import Verdict
from sameboat.questions.why.parts import (
    AnswerCheck,
    Apart,
    Candidate,
    Compared,
    Explanation,
    Localised,
    Phrase,
    Place,
    SegmentShift,
    Split,
    Step,
    Tree,
    Unchanged,
    Under,
    Window,
)


def why() -> Explanation:
    """Conversion fell from 5.31 % to 4.40 %, most of it with the mix."""
    routine = Verdict("routine", "Routine: no action")
    rows = (
        SegmentShift("Paid social", 206, 515, 0.015, 0.014, 0.002, -0.0002, -0.0077, False,
                     least_n=4120),
        SegmentShift("Referral", 120, 122, 0.1, 0.1, -0.001, -0.0012, -0.0001, False, least_n=976),
        SegmentShift("Kept back or not set apart", 9, 9, 0.03, 0.03, -0.0001, 0.0001, 0.0,
                     kept_back=True),
    )  # fmt: skip
    return Explanation(
        kpi="conversion", label="Conversion", metric="conversion", unit="percent", good="up",
        headline="Conversion fell with the mix of sources, not inside them", reason="mix",
        paragraph=(
            Phrase("Conversion went from "), Phrase("5.31% to 4.40%", "figures"),
            Phrase(". Of this, "), Phrase("−0.78 points", "by-source"), Phrase(" comes with it."),
        ),
        verdict=Verdict("worse", "Worse: 5.31% → 4.40%"),
        before=Window(dt.date(2026, 3, 9), dt.date(2026, 9, 6), "26 weeks before", 26, "week"),
        after=Window(dt.date(2026, 9, 7), dt.date(2026, 10, 25), "Last 7 weeks", 7, "week"),
        figure_before=0.0531, figure_after=0.044, per=None,
        tree=Tree(
            "fit * setup", "shapley",
            (
                Step("fit.mix", "Mix of sources", "mix", -0.0077, dimension="source"),
                Step("setup", "Trial set-up", "leaf", -0.0014, 0.462, 0.457, "percent"),
            ),
        ),
        splits=(
            Split("source", "Source", "ratio", "leads", rows, -0.0078, -0.0013, moved=0.2,
                  kept_back=1),
            Split("region", "Region", "ratio", "leads", reason="no segment may be shown"),
        ),
        places=Localised(
            ("source",),
            (Place({"source": "Paid social"}, -0.0079, 0.87, 0.34, 1.5, 60.0, 0.06, 0.058),),
            "September 2026 against April to July 2026",
        ),
        candidates=(
            Candidate("Paid social spend ×3", dt.date(2026, 6, 2), "event", "More of it."),
        ),
        unchanged=(Unchanged("First reply within one hour", "64%", routine),),
        checks=(
            AnswerCheck("adds-up", "Effects add up: 0.00 points left over", True),
            AnswerCheck("observational", "Cause or companion? Observational only", False),
        ),
        company="Harbourline", minimum_group=10, definitions="v41",
        apart=(
            Apart("source", "Source", "Referral", 0.1, 0.1, 0.05, 0.04, 0.07, 0.0042, 1e-9, False),
        ),
        choices=(
            Compared("Last 7 weeks against 26 weeks before", "2026-W11..2026-W36",
                     "2026-W37..2026-W43", "a signal lasts since 7 September", chosen=True),
            Compared("The last week against the same week a year before", "2025-W43", "2026-W43",
                     "what returns each year is in both"),
        ),
        under=(Under("reply_time", "Reply time", "driver"),),
    )  # fmt: skip
