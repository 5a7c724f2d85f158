"""`sameboat forecast`: where a KPI is heading, and the chance to hit its target."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

import sameboat
from sameboat.cli import options
from sameboat.cli.printing import folded, screen
from sameboat.questions.plain import json_text

if TYPE_CHECKING:
    from sameboat.questions.outlook.answer import Outlook

HEADS = ("period", "middle", "low_80", "high_80", "low_95", "high_95")
MOVED_HEADS = ("moved_middle", "moved_low_80", "moved_high_80")


@click.command("forecast")
@click.argument("kpi")
@click.option("--horizon", type=click.IntRange(1, 1000), help="Periods; else to the target's date.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="DRIVER=VALUE",
    help="What if: a driver at another value, or changed by a share (leads=120, leads=+10%).",
)
@options.as_known_at
@options.output_format()
@options.project
def command(
    project: Path,
    output_format: str,
    as_known_at: str | None,
    settings: tuple[str, ...],
    kpi: str,
    horizon: int | None,
) -> None:
    """Show where a KPI is heading: its forecast, and the chance to hit the target on its date.

    Below: what each part of its formula would have to be, and what else moves it with what it
    gives and how sure that is. With --set it is forecast as if drivers had other values. Where
    there is no forecast, the reason is said.
    """
    from sameboat.questions.outlook.sliders import asked_settings  # with the statistics

    asked = asked_settings(settings)
    workspace = sameboat.open(str(project))
    zone = workspace.project.root.calendar.timezone
    then = options.moment(as_known_at, zone) if as_known_at else None
    answer = workspace.forecast(kpi, horizon=horizon, settings=asked, as_known_at=then)
    if output_format == "json":
        click.echo(as_json(answer))
    elif output_format == "csv":
        from sameboat.cli.printing import write_csv

        heads = HEADS if answer.moved is None else (*HEADS, *MOVED_HEADS)
        write_csv(heads, iter(rows(answer)), sys.stdout)
    else:
        click.echo(folded(draw(answer), screen()))


def rows(answer: Outlook) -> list[tuple[object, ...]]:
    """One row per period ahead: its first day, the middle, and the ends of both intervals.

    Where drivers are moved, middle and 80 % interval as moved follow.
    """
    ends = [
        (answer.lower[level], answer.upper[level]) for level in (80, 95) if level in answer.lower
    ]
    moved = answer.moved
    after = () if moved is None else (moved.middle, moved.lower[80], moved.upper[80])
    return [
        (
            day, answer.mean[at], *(end[at] for pair in ends for end in pair),
            *(values[at] for values in after),
        )
        for at, day in enumerate(answer.periods)
    ]  # fmt: skip


def as_json(answer: Outlook) -> str:
    """Everything that is known, as one JSON object, as the API gives it."""
    return json.dumps(json.loads(json_text(answer)), indent=1, ensure_ascii=False)


def draw(answer: Outlook) -> str:
    """The answer as plain text."""
    from sameboat.charts.figures import Figures  # with the locale data that numbers need

    figures = Figures(answer.unit)
    lines = [f"{answer.label}: will we make it?"]
    if answer.target is not None:
        by = f" by {answer.target.by:%d %B %Y}" if answer.target.by else ""
        lines.append(f"Target {target_words(answer)}{by}. {chance_words(answer)}")
    else:
        lines.append(chance_words(answer))
    if (near := answer.nearest) is not None:
        lines.append(f"Chance to be there by {near.by:%d %B %Y}: {near.chance:.0%}.")
    lines += [
        f"Step: {figures.full(one.value)} by {one.by:%d %B %Y}, chance {one.chance:.0%}."
        for one in answer.milestones
    ]
    if answer.reason is not None:
        return "\n".join([*lines, f"No forecast: {answer.reason}."])
    lines += _what_if(answer)
    lines += ["", _table(answer)]
    lines += [f"{answer.method}." if answer.method else "", *(f"Note: {n}." for n in answer.notes)]
    return "\n".join([*lines, *_needs(answer), *_drivers(answer)])


def target_words(answer: Outlook) -> str:
    """The target's value, and over what it is meant."""
    from sameboat.charts.figures import Figures

    target, figures = answer.target, Figures(answer.unit)
    if target is None:
        return ""
    if target.over == "last":
        return figures.full(target.value)
    value = target.value if target.total is None else target.total
    known = "" if answer.known is None else f", {figures.full(answer.known)} of it is known"
    what = "in all" if target.over == "sum" else "on average"
    return f"{figures.full(value)} {what} since {target.since:%d %B %Y}{known}"


def _table(answer: Outlook) -> str:
    from sameboat.charts.figures import Figures
    from sameboat.charts.time_axis import period_name
    from sameboat.cli.printing import aligned

    figures, table = Figures(answer.unit), []
    for day, *values in rows(answer):
        name = period_name(day, answer.grain, "en-GB")  # type: ignore[arg-type]
        texts = [figures.full(value) for value in values]  # type: ignore[arg-type]
        table.append(
            [f"{name} {day:%Y}", texts[0], f"{texts[1]} to {texts[2]}", f"{texts[3]} to {texts[4]}"]
        )
        if len(texts) > 5:
            table[-1].append(f"{texts[5]} ({texts[6]} to {texts[7]})")
    heads = [answer.grain.replace("_", " "), "middle", "8 times in 10", "19 times in 20"]
    if answer.moved is not None:
        heads.append("so moved (8 times in 10)")
    return aligned(heads, table, [False, *(True for _ in heads[1:])])


def _what_if(answer: Outlook) -> list[str]:
    """What the settings make of it."""
    from sameboat.charts.figures import Figures

    if answer.moved is None or answer.shift is None or answer.with_sliders is None:
        return []
    figures = Figures(answer.unit)
    said = [
        f"{one.label} {Figures(one.unit).full(one.value)} instead of "
        f"{Figures(one.unit).full(one.now)}"
        for one in answer.sliders
        if one.moved
    ]
    middle, low, high = answer.shift
    chance = answer.with_sliders
    told = f"not known, {chance.reason}" if chance.value is None else f"{chance.value:.0%}"
    span = f"19 times in 20 {figures.change(low)} to {figures.change(high)}"
    words = f"With {' and '.join(said)}: {figures.change(middle)} in the end ({span})."
    return [f"{words} Chance to hit: {told}."]


def _needs(answer: Outlook) -> list[str]:
    from sameboat.charts.figures import Figures

    if not answer.needs or answer.target is None:
        return []
    lines = ["", "What would have to be true, each alone:"]
    for need in answer.needs:
        own = Figures(need.unit)
        if need.value is None:
            lines.append(f"  {need.label}: no value of it is enough (now {own.full(need.now)})")
            continue
        seen = f"there or better in {need.reached} of the last {need.of} {need.grain}s"
        chance = "" if need.chance is None else f", its own forecast gives that {need.chance:.0%}"
        now = f"now {own.full(need.now)}"
        lines.append(f"  {need.label}: {own.full(need.value)} ({now}, {seen}{chance})")
    needed = answer.needed
    if needed is not None and needed.share is not None and not needed.met:
        parts = [
            f"{one.label} {Figures(one.unit).full(one.together)}"
            for one in answer.needs
            if one.together is not None
        ]
        lines.append(f"All together, {needed.share:.1%} each: {', '.join(parts)}.")
    return lines


def _drivers(answer: Outlook) -> list[str]:
    """What else moves it, and how that is known."""
    from sameboat.charts.figures import Figures

    figures = Figures(answer.unit)
    others = [one for one in answer.sliders if one.kind == "influence"]
    if not others and not answer.unmoved:
        return []
    lines = ["", "What else moves it, if the pattern of the past holds or its owner is right:"]
    for one in others:
        own = Figures(one.unit)
        felt = f", felt from {one.felt:%d %B %Y}" if one.felt and one.lag else ""
        clear = "" if one.clear else "the sign is not clear: "
        lines.append(
            f"  {one.label} (now {own.full(one.now)}, may be {own.full(one.low)} to "
            f"{own.full(one.high)}): {clear}10% more gives {figures.change(one.gives)} "
            f"({figures.change(one.gives_low)} to {figures.change(one.gives_high)}){felt}; "
            f"{one.evidence}"
        )
    lines += [f"  {one.label}: not told, {one.reason}; {one.evidence}" for one in answer.unmoved]
    return lines


def chance_words(answer: Outlook) -> str:
    """The chance in words, or why it is not known."""
    if answer.chance.value is None:
        return f"Chance to hit: not known, {answer.chance.reason}."
    return f"Chance to hit: {answer.chance.value:.0%}."
