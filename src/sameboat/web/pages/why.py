"""The page 'Why': what a KPI's change is made of, in words, steps and segments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from sameboat.charts.figures import Figures, full_day
from sameboat.charts.split import Bars, split_bars, split_scale
from sameboat.charts.values import Role
from sameboat.charts.waterfall import WIDTHS, Effect, Waterfall, waterfall
from sameboat.questions.series import Verdict
from sameboat.questions.why.everywhere import each
from sameboat.questions.why.parts import (
    Apart,
    Compared,
    Explanation,
    SegmentShift,
    Split,
    Step,
    Window,
)
from sameboat.questions.why.words import AGAINST, largest, precise
from sameboat.units import format_difference, format_value
from sameboat.web.site import site_of

router = APIRouter()

METHODS = {
    "shapley": "mean over all orders of the steps (Shapley)",
    "lmdi": "logarithmic mean, no order chosen",
}


@dataclass(frozen=True)
class StepView:
    """A step as a row of the chart's table."""

    label: str
    effect: str
    own: str
    href: str | None = None  # why the step itself moved


@dataclass(frozen=True)
class RowView:
    """A segment as a row: all its figures as text, and its bars."""

    name: str
    weight: str
    figure: str
    mix: str
    rate: str
    bars: Markup
    kept: bool


@dataclass(frozen=True)
class SplitView:
    """A dimension with its rows."""

    anchor: str
    head: str
    sub: str
    dimension: str
    ratio: bool
    weight_head: str
    rows: tuple[RowView, ...]
    mix: str
    rate: str
    reason: str | None
    kept: str | None


@router.get("/kpi/{name}/why")
@router.get("/tree/{name}/why")
def why_page(
    request: Request, name: str, before: str | None = None, after: str | None = None,
    method: str = "shapley",
) -> Response:  # fmt: skip
    """Why one KPI moved, or a metric that stands under one."""
    site = site_of(request)
    reader = site.reader(request)
    answer = site.answers.why(
        site.workspace, name, before=before or None, after=after or None,
        method=cast(Literal["shapley", "lmdi"], method),
        viewer=site.viewer(request),
    )  # fmt: skip
    about: dict[str, object] = {
        "why": answer, "company": answer.company, "demo": answer.demo,
        "section": "board" if answer.is_kpi else "tree",
        "minimum_group": answer.minimum_group, "definitions": answer.definitions,
    }  # fmt: skip
    made = site.sections.get((answer, reader.locale), lambda: _made(answer, reader.locale))
    return site.page(request, "why.html", about | made, reader=reader)


def _made(answer: Explanation, locale: str) -> dict[str, object]:
    """Everything on the page that is drawn or worded."""
    writer = _Writer(answer, locale)
    first = answer.split
    shown = [split for split in answer.splits if not split.beyond]  # a check counts the others
    order = sorted(shown, key=lambda split: (split is not first, split.reason is not None))
    return {
        "compared": f"{answer.after.label} against {_lower(answer.before.label)}",
        "days": f"{_days(answer.after, locale)}; before: {_days(answer.before, locale)}",
        "tree_head": _tree_head(answer),
        "tree_sub": _tree_sub(answer, writer),
        "charts": writer.charts(),
        "steps": [writer.step(step) for step in answer.tree.steps],
        "left_over": writer.effect(answer.tree.residual),
        "splits": [writer.split(split) for split in order],
        "apart": [writer.apart(one) for one in answer.apart],
        "choices": _choices(answer),
        "everywhere": _everywhere(answer),
        "places": [writer.place(at) for at in range(len(answer.places.places))],
        "checks": [
            (Verdict("routine" if check.passed else "short", check.words))
            for check in answer.checks
        ],
        "candidates": [
            (one.label, full_day(one.at, locale), one.words) for one in answer.candidates
        ],
    }


def _choices(answer: Explanation) -> list[tuple[Compared, str | None]]:
    """The pairs of windows with the address of each that is not shown."""
    page = f"/{'kpi' if answer.is_kpi else 'tree'}/{quote(answer.kpi, safe='')}/why"
    return [
        (one, None if one.chosen else
         f"{page}?{urlencode({'before': one.before, 'after': one.after})}")
        for one in answer.choices
    ]  # fmt: skip


def _everywhere(answer: Explanation) -> str | None:
    if answer.everywhere is None:
        return None
    return ", ".join(each(answer.everywhere, "rose" if answer.change > 0 else "fell"))


def _tree_head(answer: Explanation) -> str:
    steps = [step for step in answer.tree.steps if step.kind != "rest"]
    if answer.tree.reason or not steps or not answer.change:
        return "The steps of the tree"
    if answer.tree.sides:
        return "Both sides of the ratio"
    first = max(steps, key=lambda step: abs(step.effect))
    part = first.effect / answer.change
    verb = "rise" if answer.change > 0 else "fall"
    if 0.5 <= part <= 1.0:
        return f"One step carries {part:.0%} of the {verb}"
    if part > 1:
        return "Steps pull both ways"
    return f"No step carries half of the {verb}"


def _tree_sub(answer: Explanation, writer: _Writer) -> str:
    method = METHODS.get(answer.tree.method, answer.tree.method)
    unit = Figures(answer.unit, writer.locale).change_unit() or "its own unit"
    return f"Exact effects in {unit} of {_lower(answer.label)}: {method}"


def _digits(weight: float | None) -> int | None:
    """Decimals of a number of cases per period: none from ten on."""
    return 0 if abs(weight or 0.0) >= 10 else None


def _lower(text: str) -> str:
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _named(window: Window) -> str:
    """The window as an address asks for it."""
    return f"{window.start.isoformat()}..{window.end.isoformat()}"


def _days(window: Window, locale: str) -> str:
    return f"{full_day(window.start, locale)} to {full_day(window.end, locale)}"


@dataclass(frozen=True)
class _Writer:
    """The figures of one answer as text, all of one precision."""

    answer: Explanation
    locale: str

    @property
    def precision(self) -> int | None:
        answer = self.answer
        level = max(abs(answer.figure_before), abs(answer.figure_after))
        found = precise(answer.change, answer.unit, level)
        return max(2, found or 2) if answer.unit == "percent" else found

    def effect(self, value: float) -> str:
        return format_difference(
            value, self.answer.unit, locale=self.locale, precision=self.precision
        )

    def bare(self, value: float) -> str:
        """An effect without its unit, which stands in the table's head."""
        scaled = value * 100 if self.answer.unit == "percent" else value
        return format_difference(scaled, None, locale=self.locale, precision=self.precision)

    def figure(self, value: float | None, unit: str | None) -> str:
        if value is None:
            return "none"
        precision = self.precision if unit == self.answer.unit else None
        return format_value(value, unit, locale=self.locale, precision=precision)

    def moved(self, before: float | None, after: float | None, unit: str | None) -> str:
        if before is None and after is None:
            return ""
        change = (after or 0.0) - (before or 0.0)
        digits = precise(change, unit, max(abs(before or 0.0), abs(after or 0.0)))
        old, new = (
            "none" if one is None
            else format_value(one, unit, locale=self.locale, precision=digits)
            for one in (before, after)
        )  # fmt: skip
        return f"{old} → {new}"

    # ── the tree ─────────────────────────────────────────────────────────────────────────

    def charts(self) -> Markup | None:
        """The waterfall at every width."""
        answer = self.answer
        if answer.tree.reason or not answer.tree.steps:
            return None
        largest = max(answer.tree.steps, key=lambda step: abs(step.effect))
        effects = [
            Effect(
                step.label, step.effect, self.bare(step.effect),
                self.moved(step.before, step.after, step.unit),
                self.role(step.effect) if step is largest else "neutral",
            )
            for step in answer.tree.steps
        ]  # fmt: skip
        if answer.tree.steps[-1].kind != "rest":
            effects.append(
                Effect("Left over", answer.tree.residual, self.bare(answer.tree.residual))
            )
        chart = Waterfall(
            answer.label, answer.unit, answer.figure_before, answer.figure_after,
            answer.before.label, answer.after.label, _days(answer.before, self.locale),
            _days(answer.after, self.locale), self.figure(answer.figure_before, answer.unit),
            self.figure(answer.figure_after, answer.unit), tuple(effects),
        )  # fmt: skip
        return Markup("".join(waterfall(chart, width=w, locale=self.locale) for w in WIDTHS))

    def role(self, effect: float) -> Role:
        answer = self.answer
        if answer.reason in ("routine", "apart") or answer.good not in ("up", "down") or not effect:
            return "neutral"
        return "better" if (effect > 0) == (answer.good == "up") else "worse"

    def step(self, step: Step) -> StepView:
        href = None
        if step.name in self.answer.parts:
            asked = {"before": _named(self.answer.before), "after": _named(self.answer.after)}
            href = f"/tree/{quote(step.name, safe='')}/why?{urlencode(asked)}"
        return StepView(
            step.label, self.effect(step.effect), self.moved(step.before, step.after, step.unit),
            href,
        )  # fmt: skip

    # ── segments ─────────────────────────────────────────────────────────────────────────

    def split(self, split: Split) -> SplitView:
        ratio = split.kind == "ratio"
        bars = tuple(self._bars(row, ratio) for row in split.rows)
        scale = split_scale(bars)
        rows = tuple(
            self._row(row, Markup(split_bars(one_bars, scale)), split)
            for row, one_bars in zip(split.rows, bars, strict=True)
        )
        kept = None
        if split.kept_back:
            count = split.kept_back
            groups = "1 group is" if count == 1 else f"{count} groups are"
            kept = (
                f"{groups} kept back for privacy in one of the two periods and stand together, "
                "so that the effects still add up."
            )
        return SplitView(
            anchor=f"by-{split.dimension}", head=self._head(split), sub=self._sub(split),
            dimension=split.label, ratio=ratio,
            weight_head=f"{(split.weight_label or 'cases').capitalize()} "
            f"a {self.answer.before.grain.replace('_', ' ')}",
            rows=rows, mix=self.bare(split.mix), rate=self.bare(split.rate),
            reason=split.reason, kept=kept,
        )  # fmt: skip

    def _head(self, split: Split) -> str:
        name = split.label.lower()
        if split.reason:
            return f"By {name}: not split"
        if self.answer.reason in ("routine", "apart"):
            return f"By {name}"
        if split.kind == "sum":
            row = largest(split, "rate")
            return f"By {name}: {row.segment} changed most"
        if split.reversal:
            return f"By {name}: every segment moved against the total"
        change = self.answer.change
        if change and split.mix / change >= 0.6:
            row = largest(split, "pull")
            return f"By {name}: the mix moved, and {row.segment} most"
        if change and split.rate / change >= 0.6:
            if split.mix / change <= -AGAINST:
                return f"By {name}: it moved inside, against the mix"
            return f"By {name}: it moved inside, the mix stayed"
        return f"By {name}: mix and rate both moved"

    def _sub(self, split: Split) -> str:
        if split.reason or split.kind == "sum":
            return "What each adds to the change"
        moved = f"{100 * split.moved:.1f}% of the cases changed places"
        return f"Mix {self.effect(split.mix)}, rate {self.effect(split.rate)}; {moved}"

    def _bars(self, row: SegmentShift, ratio: bool) -> Bars:
        largest = row.pull if abs(row.pull) >= abs(row.rate) else 0.0
        rows = [one for split in self.answer.splits for one in split.rows]
        first = max((abs(one.pull) for one in rows), default=0.0)
        seen = ratio and largest and abs(largest) == first
        return Bars(row.pull, row.rate, self.role(row.pull) if seen else "neutral")

    def _row(self, row: SegmentShift, bars: Markup, split: Split) -> RowView:
        weights = " → ".join(
            format_value(weight or 0.0, "count", locale=self.locale, precision=_digits(weight))
            for weight in (row.weight_before, row.weight_after)
        )
        return RowView(
            row.segment, weights if split.kind == "ratio" else "",
            self.moved(row.figure_before, row.figure_after, self.answer.unit),
            self.bare(row.pull), self.bare(row.rate), bars, row.kept_back,
        )  # fmt: skip

    def apart(self, one: Apart) -> dict[str, str]:
        """A segment that stands apart, as a row."""
        unit = self.answer.unit
        return {
            "name": f"{one.label}: {one.segment}",
            "own": self.moved(one.figure_before, one.figure_after, unit),
            "others": self.moved(one.others_before, one.others_after, unit),
            "held": f"{one.held:.0%}", "pull": self.effect(one.pull),
        }  # fmt: skip

    def place(self, at: int) -> dict[str, str]:
        """One combination of segments in words."""
        place = self.answer.places.places[at]
        words = f"{place.share:.0%} of the change"
        if place.held is not None:
            words += f", {place.held:.0%} of all cases"
        outside = ""
        if place.outside_before is not None:
            unit = self.answer.unit
            outside = (
                f"Outside it: {self.figure(place.outside_before, unit)} → "
                f"{self.figure(place.outside_after, unit)}."
            )
        return {
            "where": " × ".join(place.where.values()), "words": words, "outside": outside,
            "effect": self.effect(place.effect),
        }  # fmt: skip
