"""What the answer to 'why did it move?' is made of, part by part."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sameboat.questions.series import Series, Verdict

StepKind = Literal["leaf", "mix", "rate", "rest"]
Reason = Literal[
    "mix", "rate", "segment", "step", "everywhere", "spread", "routine", "apart", "unmoved"
]


MOST = 0.6
"""The part of a change that one thing must carry to be named in the headline."""

BEYOND = 1 / 3
"""The part of what others would carry of a change, by their size, that a leading segment does."""


@dataclass(frozen=True)
class Window:
    """One of the two stretches of time that are compared; both days are included.

    `periods` is how many whole periods of `grain` it holds, `label` what people call it.
    """

    start: dt.date
    end: dt.date
    label: str
    periods: int
    grain: str


@dataclass(frozen=True)
class Step:
    """One step of the way from the figure before to the figure after.

    `effect` is in the unit of the figure and signed as the figure moves; `before` and `after`
    are the step's own figures, None where it has none of its own. The step named `rest` is what
    the tree does not explain.
    """

    name: str
    label: str
    kind: StepKind
    effect: float
    before: float | None = None
    after: float | None = None
    unit: str | None = None
    dimension: str | None = None


@dataclass(frozen=True)
class Tree:
    """The whole change split exactly down the arithmetic tree.

    The steps add up to the change; `residual` is what rounding leaves of it. `unexplained` is by
    how much the formula itself misses the figure's change. `sides` says that the steps are the
    numerator and the denominator of the KPI's own ratio. Without steps, `reason` says why.
    """

    formula: str | None
    method: str
    steps: tuple[Step, ...] = ()
    residual: float = 0.0
    unexplained: float = 0.0
    exact: bool = True
    reason: str | None = None
    sides: bool = False


@dataclass(frozen=True)
class SegmentShift:
    """What one segment did between the windows, and what that adds to the figure's change.

    Of a ratio, `weight` is the segment's denominator per period and `figure` its rate; `mix` is
    the effect of its changed share, `rate` that of its changed rate, `pull` the mix effect seen
    from the average rate. Of a sum, `figure` is its amount per period and `rate` its change.
    `stands_out` says whether its change of rate is larger than chance explains (None: not told),
    `chance` how often chance alone shows one as large.
    `least_n` is the smaller number of cases of both windows. `together` says that the row stands
    for several segments, which are too many to be shown or kept back.
    """

    segment: str
    weight_before: float | None
    weight_after: float | None
    figure_before: float | None
    figure_after: float | None
    mix: float
    rate: float
    pull: float
    stands_out: bool | None = None
    kept_back: bool = False
    least_n: int | None = None
    chance: float | None = None
    together: bool = False

    @property
    def effect(self) -> float:
        """What the segment adds to the change: its pull and its rate."""
        return self.pull + self.rate


@dataclass(frozen=True)
class Split:
    """The change by the values of one dimension; without rows, `reason` says why."""

    dimension: str
    label: str
    kind: Literal["ratio", "sum"]
    weight_label: str | None = None
    rows: tuple[SegmentShift, ...] = ()
    mix: float = 0.0
    rate: float = 0.0
    residual: float = 0.0
    reversal: bool = False
    moved: float = 0.0  # how much of the weight changed segments, as a fraction
    kept_back: int = 0
    reason: str | None = None
    folded: int = 0  # values with few cases that are not told apart
    beyond: bool = False  # not shown, or not looked at, because there are so many dimensions


@dataclass(frozen=True)
class Place:
    """One combination of segments that moved by itself.

    `effect` is what it adds to the change, `share` of the change; `held` is its part of all
    cases after, `change` the relative change of its groups. Of a ratio, `outside_before` and
    `outside_after` are the figure of everything else.
    """

    where: Mapping[str, str] = field(hash=False)
    effect: float
    share: float
    held: float | None
    change: float
    score: float
    outside_before: float | None = None
    outside_after: float | None = None


@dataclass(frozen=True)
class Localised:
    """Where the change sits; `searched` says in what, `reason` why there is nothing to say.

    `everywhere` is the relative change by which all combinations moved, where they did.
    """

    dimensions: tuple[str, ...]
    places: tuple[Place, ...] = ()
    searched: str | None = None
    combinations: int = 0
    skipped: int = 0
    seen: float = 1.0  # the share of all cases in groups that may be shown
    reason: str | None = None
    everywhere: float | None = None


@dataclass(frozen=True)
class Everywhere:
    """A change that every segment made: no segment explains it.

    `change` is the relative change of the whole, `low` and `high` the least and the largest size
    of a segment's own. `segments` says of which dimensions, with how many segments; it is empty
    where the search over combinations tells it, and single segments scatter more.
    """

    change: float
    segments: tuple[tuple[str, int], ...]
    low: float = 0.0
    high: float = 0.0


@dataclass(frozen=True)
class Apart:
    """A segment that lies far from all others in both windows: a difference, and no change.

    Figures are shares of counted cases, `others_…` those of all cases outside the segment. `held`
    is its part of all cases after, `pull` by how much it sets the whole off from all others after,
    signed as the figure. `chance` is how often chance alone sets two such groups as far apart;
    `worse` whether it lies on the bad side, None where neither side is known to be.
    """

    dimension: str
    label: str
    segment: str
    figure_before: float
    figure_after: float
    others_before: float
    others_after: float
    held: float
    pull: float
    chance: float
    worse: bool | None


@dataclass(frozen=True)
class Compared:
    """A pair of windows that can be asked for, as `before` and `after` take them, and what it is.

    `chosen` says that the answer is about this pair; `why` that it is a pair worth looking at.
    """

    label: str
    before: str
    after: str
    why: str
    chosen: bool = False


@dataclass(frozen=True)
class Under:
    """A metric that is declared to influence the figure; why it moved can be asked in turn.

    It is a `driver` of the tree, or a `lever` that a team moves.
    """

    metric: str
    label: str
    kind: Literal["driver", "lever"]


@dataclass(frozen=True)
class Candidate:
    """What was declared to begin in either window: a coincidence in time, no cause."""

    label: str
    at: dt.date
    kind: Literal["event", "definition"]
    words: str


@dataclass(frozen=True)
class Unchanged:
    """What did not change: a lever that is routine, the mix of another dimension."""

    label: str
    figure: str
    verdict: Verdict
    name: str | None = None


@dataclass(frozen=True)
class AnswerCheck:
    """A check that the answer holds itself to."""

    name: str
    words: str
    passed: bool


@dataclass(frozen=True)
class Phrase:
    """A piece of the paragraph; `evidence` is the part of the answer that its figure is from."""

    text: str
    evidence: str | None = None


@dataclass(frozen=True)
class Explanation:
    """Why a figure moved: the answer that terminal, page and API show."""

    kpi: str
    label: str
    metric: str
    unit: str | None
    good: str | None
    headline: str
    reason: Reason
    paragraph: tuple[Phrase, ...]
    verdict: Verdict
    before: Window
    after: Window
    figure_before: float
    figure_after: float
    per: str | None  # 'week' where the figures are amounts per week
    tree: Tree
    splits: tuple[Split, ...]
    places: Localised
    candidates: tuple[Candidate, ...]
    unchanged: tuple[Unchanged, ...]
    checks: tuple[AnswerCheck, ...]
    company: str
    minimum_group: int
    definitions: str
    demo: bool = False
    watched: str | None = None
    cases: str | None = None
    is_kpi: bool = True  # False for a lever or another metric that stands under a KPI
    parts: tuple[str, ...] = ()  # the steps of the tree that can be asked about in turn
    apart: tuple[Apart, ...] = ()  # segments that differ in both windows, the worst first
    choices: tuple[Compared, ...] = ()  # pairs of windows that are worth asking for
    under: tuple[Under, ...] = ()  # what is declared to influence the figure
    everywhere: Everywhere | None = None  # the share by which all segments moved, if they did
    means: str | None = None  # 'week' where a figure of several weeks is the mean of theirs
    series: Series | None = field(default=None, repr=False)

    @property
    def change(self) -> float:
        """The whole change, in the unit of the figure."""
        return self.figure_after - self.figure_before

    @property
    def text(self) -> str:
        """The paragraph as plain text."""
        return "".join(phrase.text for phrase in self.paragraph)

    @property
    def split(self) -> Split | None:
        """The split that tells most."""
        return best_of(self.splits, self.change)


def leading(split: Split, change: float, *, rate: bool) -> SegmentShift | None:
    """The segment that by itself carries most of the change, by its rate or by its mix.

    Where others move as much the other way, no segment stands for the change; nor does one that
    carries most of it only because it is most of the whole.
    """

    def effect(row: SegmentShift) -> float:
        return row.rate if rate else row.pull

    rows = [row for row in split.rows if not row.together]
    if len(rows) < 2:
        return None
    first = max(rows, key=lambda row: effect(row) * (1 if change > 0 else -1))
    if rate and first.stands_out is False:
        return None
    others = [abs(effect(row)) for row in rows if row is not first]
    part = effect(first) / change
    enough = part >= MOST and abs(effect(first)) >= 2 * max(others, default=0.0)
    size = _size_of(first, split)
    return first if enough and part >= size + BEYOND * (1 - size) else None


def _size_of(row: SegmentShift, split: Split) -> float:
    """The part of the whole that a segment was before, by its cases or by its amount."""

    def size(one: SegmentShift) -> float:
        return abs((one.weight_before if split.kind == "ratio" else one.figure_before) or 0.0)

    whole = math.fsum(size(one) for one in split.rows)
    return size(row) / whole if whole else 0.0


def best_of(splits: Iterable[Split], change: float) -> Split | None:
    """The split that tells most of a change among those with rows, or None.

    That whose mix is largest, where the mix is most of the change; else one in which a single
    segment carries most of it, least likely by chance; else that of the largest mix again. One
    of so many values that some stand together comes last: its mix is mostly chance.
    """
    told = [split for split in splits if split.rows]
    mixed = max(told, key=lambda one: (not one.folded, abs(one.mix), -one.kept_back), default=None)
    if mixed is None or change == 0 or mixed.reversal or mixed.mix / change >= MOST:
        return mixed
    apart = [
        (1.0 if row.chance is None else row.chance, -abs(row.rate), at)
        for at, split in enumerate(told)
        if not split.folded and (row := leading(split, change, rate=True)) is not None
    ]
    return told[min(apart)[-1]] if apart else mixed
