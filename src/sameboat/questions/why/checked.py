"""What an explanation was held to, in words: what a reader should know before trusting it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sameboat.questions.sentences import counted, listed
from sameboat.questions.why.parts import AnswerCheck, Split
from sameboat.questions.why.words import Told, capital, one_of, several

SMALL_N = 30
"""Cases under which a segment's figure is called small."""


def answer_checks(told: Told) -> tuple[AnswerCheck, ...]:
    """What the answer was held to."""
    found = []
    scale = max(abs(told.figure_before), abs(told.figure_after), 1e-12)
    lefts = [told.tree.residual, *(split.residual for split in told.splits if split.rows)]
    worst = max(map(abs, lefts))
    if told.tree.steps or any(split.rows for split in told.splits):
        found.append(
            AnswerCheck(
                "adds-up",
                f"Effects add up: {told.points(worst)[1:]} left over",
                worst <= 1e-9 * scale,
            )
        )
    if told.tree.unexplained:
        found.append(
            AnswerCheck(
                "formula",
                f"The formula misses {told.points(told.tree.unexplained)} of the change",
                abs(told.tree.unexplained) <= 0.05 * abs(told.change),
            )
        )
    found += _on_simpson(told.splits)
    found += _on_n(told.split)
    found += _on_many(told.splits)
    for window in told.unfinished:
        words = f"{capital(window.label)} is not complete yet"
        found.append(AnswerCheck("complete", words, False))
    for one in told.candidates:
        if one.kind == "definition":
            since = f"{one.at.day} {one.at:%B %Y}"
            words = f"{one.label} holds from {since}: both periods are counted by it"
            found.append(AnswerCheck("definition", words, False))
    if told.unjudged:
        words = f"Not held against routine variation: {told.unjudged}"
        found.append(AnswerCheck("judged", words, False))
    found.append(AnswerCheck("observational", "Cause or companion? Observational only", False))
    return tuple(found)


def _on_simpson(splits: Sequence[Split]) -> list[AnswerCheck]:
    ratios = [split for split in splits if split.rows and split.kind == "ratio"]
    if not ratios:
        return []
    turned = [one_of(split) for split in ratios if split.reversal]
    if turned:
        words = f"Simpson: by {listed(turned)}, every segment moves against the total"
        return [AnswerCheck("simpson", words, False)]
    names = listed([one_of(split) for split in ratios])
    return [AnswerCheck("simpson", f"Simpson: no reversal by {names}", True)]


def _on_n(split: Split | None) -> list[AnswerCheck]:
    if split is None or split.kind != "ratio":
        return []
    rows = [row for row in split.rows if not row.together and row.least_n is not None]
    if not rows:
        return []
    least = min(rows, key=lambda row: row.least_n or 0)
    count = len(rows)
    words = f"Smallest of {counted(count)} {several(split)}: {least.segment}, n = {least.least_n:,}"
    return [AnswerCheck("smallest-n", words, (least.least_n or 0) >= SMALL_N)]


def _on_many(splits: Sequence[Split]) -> list[AnswerCheck]:
    """What was not looked at, or not shown, because there is too much of it."""
    found = []
    reasons = Counter(split.reason for split in splits if split.beyond)
    for reason, count in reasons.items():
        words = f"{count} of {len(splits)} dimensions are not shown: {reason}"
        found.append(AnswerCheck("dimensions", words, False))
    for split in splits:
        if split.folded:
            words = f"{split.label}: {split.folded:,} values with few cases stand together"
            found.append(AnswerCheck("values", words, False))
    return found
