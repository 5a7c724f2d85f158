"""`sameboat explain`: why a KPI moved between two stretches of time."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import sameboat
from sameboat.cli import options
from sameboat.cli.printing import aligned, folded, plain, screen, write_csv
from sameboat.questions.plain import json_text

if TYPE_CHECKING:
    from sameboat.questions.why.parts import Explanation, SegmentShift, Split, Window

MARKS = {"worse": "◆", "better": "●", "routine": "○"}
COLUMNS = (
    "part", "dimension", "name", "effect", "mix", "rate", "before", "after", "weight_before",
    "weight_after", "note",
)  # fmt: skip
"""The columns of the CSV: one row for each step, segment, place, event, check and next question."""

SHOWN = 8
"""Segments of a dimension that the terminal lists."""


@click.command("explain")
@click.argument("kpi")
@click.option(
    "--before", metavar="PERIOD", help="The earlier period: 2026-Q2, 2026-W19, 2026-W10..2026-W35."
)
@click.option("--after", metavar="PERIOD", help="The later period; else the one just after.")
@click.option(
    "--method",
    type=click.Choice(("shapley", "lmdi")),
    default="shapley",
    show_default=True,
    help="How a change is split down the tree: both are exact.",
)
@options.output_format()
@options.project
def command(
    project: Path, output_format: str, kpi: str, before: str | None, after: str | None, method: Any
) -> None:
    """Say why a KPI moved: by the arithmetic of its tree, by its segments, and in plain words.

    Without periods, a signal's stretch is held against the baseline that it left, and a KPI
    without a signal's last period against those before it. All effects add up to the change.
    """
    workspace = sameboat.open(str(project))
    answer = workspace.explain(kpi, before=before, after=after, method=method)
    if output_format == "json":
        click.echo(as_json(answer))
    elif output_format == "csv":
        write_csv(COLUMNS, rows(answer), sys.stdout)
    else:
        click.echo(folded(draw(answer), screen()))


def as_json(answer: Explanation) -> str:
    """The answer as a JSON object; `change` and `text` stand beside its parts."""
    found = {**json.loads(json_text(answer)), "change": answer.change, "text": answer.text}
    return json.dumps(found, indent=1, ensure_ascii=False)


def rows(answer: Explanation) -> Iterator[tuple[Any, ...]]:
    """One row per part of the answer, in the order of the page."""
    figures = (answer.figure_before, answer.figure_after)
    yield ("figure", "", answer.kpi, answer.change, None, None, *figures, None, None,
           answer.headline)  # fmt: skip
    for step in answer.tree.steps:
        yield ("step", step.dimension or "", step.name, step.effect, None, None, step.before,
               step.after, None, None, step.kind)  # fmt: skip
    for split in answer.splits:
        if split.reason:
            yield ("split", split.dimension, "", *[None] * 7, split.reason)
        for row in split.rows:
            yield ("segment", split.dimension, row.segment, row.effect, row.mix, row.rate,
                   row.figure_before, row.figure_after, row.weight_before, row.weight_after,
                   "kept back" if row.kept_back else "")  # fmt: skip
    for place in answer.places.places:
        yield ("place", " × ".join(place.where), " × ".join(place.where.values()), place.effect,
               None, None, place.outside_before, place.outside_after, None, place.held,
               "outside it")  # fmt: skip
    for apart in answer.apart:
        others = f"{apart.others_before:.6g} before, {apart.others_after:.6g} after"
        yield ("apart", apart.dimension, apart.segment, apart.pull, None, None,
               apart.figure_before, apart.figure_after, None, apart.held,
               f"all others: {others}")  # fmt: skip
    for one in answer.candidates:
        yield ("candidate", "", one.label, *[None] * 7, f"began on {one.at}")
    for same in answer.unchanged:
        yield ("unchanged", "", same.label, *[None] * 7, same.figure)
    for pair in answer.choices:
        yield ("compare", "", f"{pair.before} {pair.after}", *[None] * 7, pair.label)
    for under in answer.under:
        yield (under.kind, "", under.metric, *[None] * 7, under.label)
    for check in answer.checks:
        yield ("check", "", check.name, *[None] * 7, check.words)


# ── for people ───────────────────────────────────────────────────────────────────────────────


def draw(answer: Explanation) -> str:
    """The answer as text, section by section; one without content is left out."""
    parts = (part for part in _sections(answer) if part)
    return "\n".join(plain(line) for part in parts for line in (*part, "")).rstrip()


def _sections(answer: Explanation) -> Iterator[list[str]]:
    from textwrap import wrap

    compared = f"{_window(answer.after)} against {_window(answer.before)}"
    verdict = f"{MARKS[answer.verdict.state]} {answer.verdict.words}"
    yield [f"{answer.headline}.", f"{verdict}, {compared}"]
    yield wrap(answer.text, min(96, screen() or 96))
    yield list(_tree(answer))
    for split in answer.splits:
        if not split.beyond:  # a check counts the others
            yield list(_split(answer, split))
    yield list(_places(answer))
    yield list(_apart(answer))
    if answer.candidates:
        yield ["What was declared to begin at that time (no cause is claimed)", *(
            f"  {one.at.isoformat()}  {one.label}{f': {one.words}' if one.words else ''}"
            for one in answer.candidates
        )]  # fmt: skip
    if answer.unchanged:
        lines = [[one.label, one.figure, one.verdict.words] for one in answer.unchanged]
        yield ["What did not change", *_indented(["", "", ""], lines, [False, True, False])]
    yield ["Checks on this answer", *(
        f"  {'○' if check.passed else '!'} {check.words}" for check in answer.checks
    )]  # fmt: skip
    yield list(_next(answer))


def _window(window: Window) -> str:
    days = f"{window.start.isoformat()} to {window.end.isoformat()}"
    return f"{window.label} ({days})"


def _tree(answer: Explanation) -> Iterator[str]:
    tree = answer.tree
    if tree.reason:
        yield f"The tree is not split: {tree.reason}"
        return
    yield f"Exact effects down the tree, by {METHODS[tree.method]}"
    if tree.formula:
        yield f"  {answer.metric} = {tree.formula}"
    lines = [
        [step.label, _effect(answer, step.effect), _moved(step.before, step.after, step.unit)]
        for step in tree.steps
    ]
    lines.append(["Left over", _effect(answer, tree.residual), ""])
    yield from _indented(["step", "effect", "its own figure"], lines, [False, True, False])


METHODS = {"shapley": "Shapley values", "lmdi": "logarithmic means"}


def _split(answer: Explanation, split: Split) -> Iterator[str]:
    if split.reason:
        yield f"By {split.label.lower()}: {split.reason}"
        return
    if split.kind == "ratio":
        yield (
            f"By {split.label.lower()}: {_effect(answer, split.mix)} with the mix, "
            f"{_effect(answer, split.rate)} inside"
        )
        names = [split.label.lower(), split.weight_label or "cases", "figure", "mix", "rate"]
        lines = [_ratio_line(answer, row) for row in split.rows[:SHOWN]]
        yield from _indented(names, lines, [False, True, True, True, True])
    else:
        yield f"By {split.label.lower()}"
        lines = [
            [row.segment, _moved(row.figure_before, row.figure_after, answer.unit),
             _effect(answer, row.rate)]
            for row in split.rows[:SHOWN]
        ]  # fmt: skip
        yield from _indented([split.label.lower(), "figure", "effect"], lines, [False, True, True])
    if len(split.rows) > SHOWN:
        yield f"  … and {len(split.rows) - SHOWN} more (--format csv)"


def _ratio_line(answer: Explanation, row: SegmentShift) -> list[str]:
    return [
        row.segment,
        f"{row.weight_before or 0:,.0f} → {row.weight_after or 0:,.0f}",
        _moved(row.figure_before, row.figure_after, answer.unit),
        _effect(answer, row.pull),
        _effect(answer, row.rate),
    ]


def _places(answer: Explanation) -> Iterator[str]:
    from sameboat.questions.why.everywhere import each

    places = answer.places
    if answer.everywhere is not None:
        who, size = each(answer.everywhere, "rose" if answer.change > 0 else "fell")
        yield f"Where it sits: everywhere. {who}, {size}"
    elif places.reason:
        yield f"Where it sits: {places.reason}"
    else:
        yield "Where it sits" + (f" (searched: {places.searched})" if places.searched else "")
    for place in places.places:
        where = ", ".join(f"{name} = {value}" for name, value in place.where.items())
        held = f", {place.held:.0%} of all cases" if place.held is not None else ""
        yield f"  {where}: {_effect(answer, place.effect)}, {place.share:.0%} of the change{held}"


def _apart(answer: Explanation) -> Iterator[str]:
    if not answer.apart:
        return
    yield "What stands apart in both periods (a difference, not a change)"
    names = ["", "itself", "all others", "of all cases", "moves the whole by"]
    lines = [
        [f"{one.label}: {one.segment}", _moved(one.figure_before, one.figure_after, answer.unit),
         _moved(one.others_before, one.others_after, answer.unit), f"{one.held:.0%}",
         _effect(answer, one.pull)]
        for one in answer.apart
    ]  # fmt: skip
    yield from _indented(names, lines, [False, True, True, True, True])


def _next(answer: Explanation) -> Iterator[str]:
    """What can be asked next: other periods, and what is declared to stand under the figure."""
    others = [one for one in answer.choices if not one.chosen]
    if not others and not answer.under:
        return
    yield "Ask next"
    for pair in others:
        yield f"  {pair.label}: --before {pair.before} --after {pair.after}"
    for under in answer.under:
        yield f"  {under.label}: sameboat explain {under.metric}"


def _effect(answer: Explanation, effect: float) -> str:
    from sameboat.questions.why.words import precise
    from sameboat.units import format_difference

    level = max(abs(answer.figure_before), abs(answer.figure_after))
    precision = precise(answer.change, answer.unit, level)
    if answer.unit == "percent":
        precision = max(2, precision or 2)
    return format_difference(effect, answer.unit, precision=precision)


def _moved(before: float | None, after: float | None, unit: str | None) -> str:
    from sameboat.questions.why.words import precise
    from sameboat.units import format_value

    if before is None and after is None:
        return ""
    change = (after or 0.0) - (before or 0.0)
    precision = precise(change, unit, max(abs(before or 0.0), abs(after or 0.0)))
    old, new = (
        "none" if one is None else format_value(one, unit, precision=precision)
        for one in (before, after)
    )
    return f"{old} → {new}"


def _indented(names: list[str], lines: list[list[str]], right: list[bool]) -> list[str]:
    if not lines:
        return []
    text = aligned([plain(name) for name in names], lines, right).splitlines()
    return [f"  {line}" for line in (text if any(names) else text[1:])]
