"""The explanation in plain words: headline by rules, a paragraph with its evidence, checks.

Nothing here says that one thing brought about another: mixes, rates and steps are arithmetic,
events are what happened at the same time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sameboat.questions.sentences import listed
from sameboat.questions.why.branches import plural
from sameboat.questions.why.everywhere import about, each
from sameboat.questions.why.parts import (
    MOST,
    Apart,
    Candidate,
    Everywhere,
    Localised,
    Phrase,
    Reason,
    SegmentShift,
    Split,
    Step,
    Tree,
    Unchanged,
    Window,
    leading,
)
from sameboat.units import format_difference, format_value

HIDDEN = 0.01
"""How often chance alone may name a segment in an answer whose whole is routine."""

AGAINST = 0.25
"""The part of a change from which on a mix that moved the other way is said to."""

MOST_OF_IT = 0.5
PART_OF_IT = "The group that moved most by itself"
"""What a combination is called that holds less than half of the change."""


@dataclass(frozen=True)
class Told:
    """What the words are made from."""

    label: str
    unit: str | None
    figure_before: float
    figure_after: float
    before: Window
    after: Window
    per: str | None
    tree: Tree
    split: Split | None
    splits: tuple[Split, ...]
    places: Localised
    candidates: tuple[Candidate, ...]
    routine: bool
    case_label: str | None
    means: str | None = None  # 'week' where a figure of several weeks is the mean of theirs
    unjudged: str | None = None  # why the change was not held against routine variation
    unfinished: tuple[Window, ...] = ()  # windows whose last period is not complete yet
    apart: tuple[Apart, ...] = ()  # segments that differ in both windows, the worst first
    everywhere: Everywhere | None = None  # the share by which all segments moved, if they did

    @property
    def change(self) -> float:
        return self.figure_after - self.figure_before

    @property
    def verb(self) -> str:
        if self.change == 0:
            return "did not change"
        return "rose" if self.change > 0 else "fell"

    def figure(self, value: float | None) -> str:
        """A figure as precise as its change needs it."""
        if value is None:
            return "not known"
        return format_value(value, self.unit, precision=self.precision)

    def points(self, value: float) -> str:
        """An effect without its sign's meaning: its size in words."""
        return format_difference(value, self.unit, precision=self.precision)

    @property
    def precision(self) -> int | None:
        return precise(self.change, self.unit, max(abs(self.figure_before), abs(self.figure_after)))


def precise(change: float, unit: str | None, level: float) -> int | None:
    """Decimals that show a change with two digits; None for the unit's own."""
    if unit == "percent":
        size = abs(change) * 100
        return 1 if size >= 1 or size == 0 else 2
    if level >= 1000 or change == 0:
        return None
    size = abs(change)
    return None if size >= 10 else 1 if size >= 1 else 2


# ── the headline ─────────────────────────────────────────────────────────────────────────────


def headline(told: Told) -> tuple[str, Reason]:
    """The answer in one sentence, and the rule that chose it."""
    if told.routine:
        hidden = within(told)
        if hidden is not None:
            odd = f"one {_single(hidden[0])} is not: {hidden[1].segment}"
            return f"{told.label} is routine as a whole; {odd}", "segment"
        if told.apart:
            return f"{told.label} is routine; {stands_apart(told.apart[0])}", "apart"
        return "Routine: nothing to explain", "routine"
    if told.change == 0:
        return f"{told.label} did not change", "unmoved"
    said = f"{told.label} {told.verb}"
    split = told.split
    if split is not None and split.kind == "ratio":
        if split.reversal:
            alone = f"{said} through the mix of {several(split)} alone"
            return f"{alone}: each one moved the other way", "mix"
        if split.mix / told.change >= MOST:
            return f"{said} with the mix of {several(split)}, not inside them", "mix"
        one = leading(split, told.change, rate=True)
        if one is not None:
            return f"{said} inside one {_single(split)}: {one.segment}", "segment"
    elif split is not None:
        one = leading(split, told.change, rate=True)
        if one is not None:
            return f"{said} in one {_single(split)}: {one.segment}", "segment"
    step = carrying(told)
    if step is not None and step.kind != "rest":
        part = step.effect / told.change
        return f"{said}; one step carries {part:.0%}: {_inside(step)}", "step"
    if told.everywhere is not None:
        of = " of the level" if told.unit == "percent" else ""
        return f"{said} everywhere by about {about(told.everywhere)}{of}: no segment explains it", (
            "everywhere"
        )
    if split is not None and split.kind == "ratio" and split.rate / told.change >= MOST:
        how = "against" if split.mix / told.change <= -AGAINST else "not with"
        return f"{said} inside the {several(split)}, {how} their mix", "rate"
    if split is None and not told.tree.steps:
        return f"{said}; it cannot be taken apart", "spread"
    return f"{said}; no single step or segment carries most of it", "spread"


def stands_apart(one: Apart) -> str:
    """A segment that always differs, as a part of a sentence."""
    side = "below" if one.figure_after < one.others_after else "above"
    return f"by {one.label.lower()}, {one.segment} stands far {side} all others"


def _inside(step: Step) -> str:
    return step.label[:1].lower() + step.label[1:]


def several(split: Split) -> str:
    """A dimension in the plural, as a sentence says it."""
    return plural(one_of(split))


def one_of(split: Split) -> str:
    return split.label.lower()


def _single(split: Split) -> str:
    """One value of a dimension in words; of one that is named in the plural, one group."""
    name = one_of(split)
    plural_already = name.endswith("s") and not name.endswith(("ss", "us", "is"))
    return f"group of {name}" if plural_already else name


def within(told: Told) -> tuple[Split, SegmentShift] | None:
    """The one segment that moved by itself though the whole is routine, and by which dimension.

    It carries most of the change, and chance shows the like of it in one answer of a hundred at
    most, all segments of the answer counted.
    """
    known = [one for split in told.splits for one in split.rows if one.chance is not None]
    found = []
    for split in told.splits:
        row = leading(split, told.change, rate=True) if told.change and split.rows else None
        if row is not None and row.chance is not None and row.chance * len(known) < HIDDEN:
            found.append((row.chance, split, row))
    return min(found, key=lambda one: one[0])[1:] if found else None


def carrying(told: Told) -> Step | None:
    """The step of the tree that carries most of the change, while no other opposes it.

    The two sides of a ratio are no such steps: with more cases both grow, and neither moved it.
    """
    if len(told.tree.steps) < 2 or told.change == 0 or told.tree.sides:
        return None
    first = max(told.tree.steps, key=lambda step: abs(step.effect))
    others = math.fsum(abs(step.effect) for step in told.tree.steps if step is not first)
    part = first.effect / told.change
    return first if MOST <= part <= 1.05 and abs(first.effect) > others else None


# ── the paragraph ────────────────────────────────────────────────────────────────────────────


def paragraph(told: Told) -> tuple[Phrase, ...]:
    """A few plain sentences; each figure points to the part of the answer that it stands in."""
    found = [
        Phrase(f"{told.label} went from "),
        Phrase(f"{told.figure(told.figure_before)} to {told.figure(told.figure_after)}", "figures"),
        Phrase(
            f"{f' a {told.per}' if told.per else ''} "
            f"({_lower(told.after.label)} against {_lower(told.before.label)}"
            f"{f'; of several {told.means}s the mean' if told.means else ''})."
        ),
    ]
    for window in told.unfinished:
        named = capital(window.label)
        found.append(Phrase(f" {named} is not complete yet: its figures will still change."))
    if told.routine:
        found += _on_routine(told)
        return tuple(found)
    if told.change == 0:
        return tuple(found)
    if told.split is None and not told.tree.steps:
        found.append(Phrase(f" It is not split into parts: {told.tree.reason}."))
    found += _on_split(told)
    found += _on_everywhere(told)
    found += _on_tree(told)
    found += _on_places(told)
    found += _on_candidates(told)
    return tuple(found)


def _on_everywhere(told: Told) -> list[Phrase]:
    if told.everywhere is None:
        return []
    who, size = each(told.everywhere, told.verb)
    return [Phrase(f" {who}, "), Phrase(size, "where"), Phrase(": no segment explains it.")]


def _on_routine(told: Told) -> list[Phrase]:
    """That the whole is routine; and where one segment is not, its figures and its effect."""
    hidden = within(told)
    if hidden is None and told.apart:
        return [Phrase(" That is within what its routine variation gives."), *on_apart(told)]
    if hidden is None:
        return [Phrase(
            " That is within what its routine variation gives. The figures stand below; "
            "reading a story into them would be reading noise."
        )]  # fmt: skip
    split, row = hidden
    evidence = f"by-{split.dimension}"
    figures = f"{told.figure(row.figure_before)} to {told.figure(row.figure_after)}"
    return [
        Phrase(
            " As a whole that is within what its routine variation gives. "
            f"What one {_single(split)} did is not: {split.label} {row.segment} went from "
        ),
        Phrase(figures, evidence),
        Phrase(", which adds "),
        Phrase(told.points(row.rate), evidence),
        Phrase("; chance alone shows the like in less than one answer of a hundred."),
        *_on_places(told),
        *_on_candidates(told),
    ]


def on_apart(told: Told) -> list[Phrase]:
    """What differs and did not move: the first segment that stands apart, in both periods."""
    one = told.apart[0]
    level = max(abs(one.figure_after), abs(one.others_after))
    digits = precise(one.figure_after - one.others_after, told.unit, level)

    def pair(figure: float, others: float, between: str) -> str:
        said = [format_value(value, told.unit, precision=digits) for value in (figure, others)]
        return f"{said[0]}{between}{said[1]}"

    after = pair(one.figure_after, one.others_after, ", all others at ")
    before = pair(one.figure_before, one.others_before, " and ")
    size = format_difference(one.pull, told.unit, precision=precise(one.pull, told.unit, level))
    cases = f" {told.case_label}" if told.case_label else " cases"
    does = ("takes ", " off the whole") if one.pull < 0 else ("adds ", " to the whole")
    return [
        Phrase(f" But by {one.label.lower()}, {one.segment} stands at "),
        Phrase(after, "apart"),
        Phrase(", and did so before ("),
        Phrase(before, "apart"),
        Phrase("). With "),
        Phrase(f"{one.held:.0%} of all{cases}", "apart"),
        Phrase(f", it {does[0]}"),
        Phrase(size.lstrip("+−-"), "apart"),
        Phrase(f"{does[1]}. Why, these figures cannot tell."),
    ]


def _on_split(told: Told) -> list[Phrase]:
    split = told.split
    if split is None:
        return []
    evidence = f"by-{split.dimension}"
    if split.kind == "sum":
        row = largest(split, "rate")
        return [
            Phrase(f" By {one_of(split)}, {row.segment} changed most: "),
            Phrase(told.points(row.rate), evidence), Phrase("."),
        ]  # fmt: skip
    found = [
        Phrase(f" Split by {one_of(split)}: "),
        Phrase(told.points(split.mix), evidence),
        Phrase(f" with the mix of {several(split)}"),
    ]
    row = largest(split, "pull")
    shares = _shares(split, row)
    if shares is not None and abs(split.mix) >= 0.25 * abs(told.change):
        cases = f" of {told.case_label}" if told.case_label else ""
        found += [
            Phrase(f" ({row.segment} went from "),
            Phrase(f"{shares[0]:.0%} to {shares[1]:.0%}{cases}", evidence),
            Phrase(")"),
        ]
    found += [
        Phrase(", "),
        Phrase(told.points(split.rate), evidence),
        *_inside_of(told, split),
    ]
    said = [row.stands_out for row in split.rows if row.stands_out is not None]
    if said and not any(said):
        found.append(Phrase(f" No {_single(split)} by itself changed by more than chance gives."))
    if abs(split.mix) >= MOST * abs(told.change):
        stayed = told.figure_before + split.rate
        found += [
            Phrase(" Had the mix stayed, the figure would stand at "),
            Phrase(told.figure(stayed), evidence), Phrase("."),
        ]  # fmt: skip
    return found


def _inside_of(told: Told, split: Split) -> list[Phrase]:
    """The end of the sentence on mix and rate: with the one segment that carries the change."""
    row = leading(split, told.change, rate=True) if told.change else None
    if row is None or row.figure_before is None or row.figure_after is None:
        return [Phrase(" inside them.")]
    figures = f"{told.figure(row.figure_before)} to {told.figure(row.figure_after)}"
    return [
        Phrase(f" inside them; {row.segment} went from "),
        Phrase(figures, f"by-{split.dimension}"), Phrase("."),
    ]  # fmt: skip


def largest(split: Split, effect: Literal["rate", "pull"]) -> SegmentShift:
    """The segment with the largest effect of one kind; several together only where no other is."""
    rows = [row for row in split.rows if not row.together] or list(split.rows)
    return max(rows, key=lambda row: abs(getattr(row, effect)))


def _shares(split: Split, row: SegmentShift) -> tuple[float, float] | None:
    old = math.fsum(one.weight_before or 0.0 for one in split.rows)
    new = math.fsum(one.weight_after or 0.0 for one in split.rows)
    if not old or not new:
        return None
    return (row.weight_before or 0.0) / old, (row.weight_after or 0.0) / new


def _on_tree(told: Told) -> list[Phrase]:
    step = carrying(told)
    if step is None and told.split is None and not told.tree.sides:
        return _largest_steps(told)
    if step is None or step.kind != "leaf":
        return []
    found = [
        Phrase(f" Down the tree, {_lower(step.label)} carries "),
        Phrase(f"{step.effect / told.change:.0%}", "tree"),
    ]
    if step.before is not None and step.after is not None:
        precision = precise(step.after - step.before, step.unit, abs(step.after))
        old, new = (
            format_value(one, step.unit, precision=precision) for one in (step.before, step.after)
        )
        found += [Phrase(": "), Phrase(f"{old} to {new}", "tree")]
    return [*found, Phrase(".")]


def _largest_steps(told: Told) -> list[Phrase]:
    """The two steps that moved the figure most, where nothing else is known of the change."""
    steps = sorted(told.tree.steps, key=lambda step: -abs(step.effect))[:2]
    if len(steps) < 2:
        return []
    said = [f"{told.points(step.effect)} with {_lower(step.label)}" for step in steps]
    return [Phrase(" Down the tree: "), Phrase(listed(said), "tree"), Phrase(".")]


def _on_places(told: Told) -> list[Phrase]:
    if not told.places.places:
        return []
    place = told.places.places[0]
    most = "The smallest group that holds most of it" if place.share >= MOST_OF_IT else PART_OF_IT
    found = [
        Phrase(f" {most} is {' × '.join(place.where.values())}: "),
        Phrase(f"{place.share:.0%} of the change", "where"),
    ]
    if place.outside_before is not None:
        found += [
            Phrase("; outside it, "),
            Phrase(
                f"{told.figure(place.outside_before)} became {told.figure(place.outside_after)}",
                "where",
            ),
        ]
    return [*found, Phrase(".")]


def _on_candidates(told: Told) -> list[Phrase]:
    if not told.candidates:
        return []
    said = [f"{one.label} began on {one.at.day} {one.at:%B}" for one in told.candidates[:2]]
    return [Phrase(" At about that time, "), Phrase(listed(said), "events"), Phrase(
        ": whether it has to do with the change, these figures cannot tell."
    )]  # fmt: skip


def capital(label: str) -> str:
    return label[:1].upper() + label[1:]


def _lower(text: str) -> str:
    """A label inside a sentence: `Last 8 weeks` and metrics' titles, never a month or a quarter."""
    named = text[1:2].isdigit() or text[-4:].isdigit()
    return text if named or text[1:2].isupper() else text[:1].lower() + text[1:]


def unchanged_mix(splits: Sequence[Split], best: Split | None) -> tuple[tuple[str, str], ...]:
    """The dimensions whose mix hardly moved, with by how much."""
    return tuple(
        (f"Mix of {several(split)}", f"{100 * split.moved:.1f} points of movement")
        for split in splits
        if split is not best and split.rows and split.kind == "ratio" and split.moved < 0.02
    )


__all__ = [
    "AGAINST",
    "Told",
    "Unchanged",
    "headline",
    "paragraph",
    "unchanged_mix",
    "within",
]
